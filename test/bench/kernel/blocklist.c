/*
 * Makes a long blocklist of one blocked address: blocklist PINS ADDRESS COUNT copies what the map `hosts` that is pinned in PINS says of
 * ADDRESS to COUNT other addresses between 16.0.0.0 and 79.255.255.255, and has `maybe_hosts` know of them. Prints one of them, and the
 * nanoseconds it took.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LARGEST_VALUE 64
#define CHUNK 10000

struct key {
	uint8_t zero[10], ones[2];
	uint32_t address;
};

static int open_map(const char *pins, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", pins, name);
	return bpf_obj_get(path);
}

int main(int count, char **arguments)
{
	static struct key keys[CHUNK];
	static uint8_t values[CHUNK * LARGEST_VALUE];
	uint8_t value[LARGEST_VALUE];
	struct key key = { .ones = { 0xff, 0xff } };
	struct bpf_map_info info = {};
	struct timespec begin, end;
	__u32 bytes = sizeof(info), written = 0, wanted, i;
	char text[INET_ADDRSTRLEN];
	int map, filter;

	if (count != 4 || (map = open_map(arguments[1], "hosts")) < 0 || (filter = open_map(arguments[1], "maybe_hosts")) < 0 ||
	    bpf_obj_get_info_by_fd(map, &info, &bytes) < 0)
		return 1;
	inet_pton(AF_INET, arguments[2], &key.address);
	if (info.key_size != sizeof(key) || info.value_size > LARGEST_VALUE || bpf_map_lookup_elem(map, &key, value) < 0)
		return 1;
	wanted = atoi(arguments[3]);
	for (i = 0; i < CHUNK; i++)
		memcpy(values + i * info.value_size, value, info.value_size);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	while (written < wanted) {
		__u32 chunk = wanted - written < CHUNK ? wanted - written : CHUNK;

		for (i = 0; i < chunk; i++) {
			keys[i] = key;
			/* An odd factor permutes the numbers below a power of two: none comes twice. */
			keys[i].address = htonl(0x10000000u + ((written + i) * 2654435761u & 0x3fffffffu));
			if (bpf_map_update_elem(filter, NULL, &keys[i], BPF_ANY) < 0) {
				perror("bpf_map_update_elem");
				return 1;
			}
		}
		bytes = chunk;
		if (bpf_map_update_batch(map, keys, values, &bytes, NULL) < 0) {
			perror("bpf_map_update_batch");
			return 1;
		}
		written += chunk;
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	inet_ntop(AF_INET, &keys[0].address, text, sizeof(text));
	printf("%s %ld\n", text, (end.tv_sec - begin.tv_sec) * 1000000000 + end.tv_nsec - begin.tv_nsec);
	return 0;
}
