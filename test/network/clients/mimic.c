/*
 * Says that it is another executable: mimic PATH ADDRESS PORT [FIRST]. prctl(2), PR_SET_MM_MAP: anybody may in a user namespace of their own, once
 * nothing of the process's file is mapped any more. So it goes on in a copy of itself. Sends one datagram (IPv4) and ends. With FIRST it says
 * that it is FIRST, so that nobody needs its own file any more, prints "first", and goes on with PATH after a line on stdin. x86-64.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct job {
	unsigned long from[32], bytes[32];
	int count;
	struct prctl_mm_map map;
	struct sockaddr_in to;
	int first; /* FIRST opened, or -1 */
	char path[256];
	char word[8];
};

static inline __attribute__((always_inline)) long call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 asm("r10") = d, r8 asm("r8") = e, r9 asm("r9") = f;
	long result;

	asm volatile("syscall"
		     : "=a"(result)
		     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return result;
}

static __attribute__((noinline)) void away(struct job *job)
{
	long failed, fd;
	int i;

	for (i = 0; i < job->count; i++)
		call(SYS_munmap, job->from[i], job->bytes[i], 0, 0, 0, 0);
	if (job->first >= 0) {
		job->map.exe_fd = job->first;
		call(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, (long)&job->map, sizeof(job->map), 0, 0);
		call(SYS_write, 1, (long)job->word, sizeof(job->word) - 1, 0, 0, 0);
		call(SYS_read, 0, (long)job->word, 1, 0, 0, 0);
		job->map.exe_fd = call(SYS_open, (long)job->path, O_RDONLY, 0, 0, 0, 0);
	}
	failed = call(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, (long)&job->map, sizeof(job->map), 0, 0);
	if (!failed) {
		fd = call(SYS_socket, AF_INET, SOCK_DGRAM, 0, 0, 0, 0);
		call(SYS_sendto, fd, (long)&job->to, 2, 0, (long)&job->to, sizeof(job->to));
	}
	call(SYS_exit_group, -failed, 0, 0, 0, 0, 0);
}

int main(int argc, char **argv)
{
	struct job *job = mmap(0, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void (*copy)(struct job *) = (void *)((char *)job + 4096);
	char line[4096], own[4096] = {};
	FILE *maps;

	if (argc < 4 || readlink("/proc/self/exe", own, sizeof(own) - 1) < 0)
		return 2;
	/* Addresses nobody reads any more, in the order the kernel wants. */
	job->map = (struct prctl_mm_map){
		.start_code = 0x10000, .end_code = 0x11000, .start_data = 0x11000, .end_data = 0x12000, .start_brk = 0x13000,
		.brk = 0x13000, .start_stack = 0x20000, .arg_start = 0x20000, .arg_end = 0x20010, .env_start = 0x20010,
		.env_end = 0x20020,
	};
	job->first = argc > 4 ? open(argv[4], O_RDONLY) : -1;
	if (job->first < 0)
		job->map.exe_fd = open(argv[1], O_RDONLY);
	strncpy(job->path, argv[1], sizeof(job->path) - 1);
	memcpy(job->word, "first\n", sizeof("first\n"));
	job->to.sin_family = AF_INET;
	inet_pton(AF_INET, argv[2], &job->to.sin_addr);
	job->to.sin_port = htons(atoi(argv[3]));
	memcpy((void *)copy, (void *)away, 1024);
	maps = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof(line), maps)) {
		unsigned long from, to;

		if (strstr(line, own) && sscanf(line, "%lx-%lx", &from, &to) == 2 && job->count < 32) {
			job->from[job->count] = from;
			job->bytes[job->count++] = to - from;
		}
	}
	copy(job);
}
