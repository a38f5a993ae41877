/*
 * What a type 2 AppImage is, in small: a program in front of its own image (here one file, then its size in eight bytes), which it serves as
 * a file system of its own under /tmp and runs from there: app-image ARGUMENTS. As the AppImage runtime it serves another image where
 * TARGET_APPIMAGE names one. IMAGE_USER: who runs the program, and alone may look into the mount. FUSE's protocol: linux/fuse.h. The mount
 * goes with the program.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/fuse.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAM 2

static char mount_point[] = "/tmp/.mount_imageXXXXXX";
static int image, fuse;
static __u64 size;
static off_t begin;
static char answer[1 << 20];

static void leave(void)
{
	umount2(mount_point, MNT_DETACH);
	rmdir(mount_point);
	_exit(0);
}

static struct fuse_attr attributes(__u64 node)
{
	struct fuse_attr attr = { .ino = node, .nlink = 1, .blksize = 4096 };

	attr.mode = node == PROGRAM ? S_IFREG | 0555 : S_IFDIR | 0555;
	attr.size = node == PROGRAM ? size : 0;
	return attr;
}

/* Returns the bytes of the answer, or a negative error. */
static long serve(struct fuse_in_header *in, void *body)
{
	struct fuse_init_out init = { .major = 7, .minor = 31, .max_readahead = 65536, .max_write = 4096 };
	struct fuse_entry_out entry = { .nodeid = PROGRAM, .attr = attributes(PROGRAM) };
	struct fuse_attr_out attr = { .attr = attributes(in->nodeid) };
	struct fuse_open_out open = { .fh = 1 };
	struct fuse_read_in *read = body;

	switch (in->opcode) {
	case FUSE_INIT:
		memcpy(answer, &init, sizeof(init));
		return sizeof(init);
	case FUSE_LOOKUP:
		if (in->nodeid != FUSE_ROOT_ID || strcmp(body, "program") != 0)
			return -ENOENT;
		memcpy(answer, &entry, sizeof(entry));
		return sizeof(entry);
	case FUSE_GETATTR:
		memcpy(answer, &attr, sizeof(attr));
		return sizeof(attr);
	case FUSE_OPEN:
		memcpy(answer, &open, sizeof(open));
		return sizeof(open);
	case FUSE_READ:
		if (read->offset >= size)
			return 0;
		return pread(image, answer, read->size < size - read->offset ? read->size : size - read->offset, begin + read->offset);
	case FUSE_RELEASE:
	case FUSE_FLUSH:
	case FUSE_ACCESS:
		return 0;
	}
	return -ENOSYS;
}

static void serve_all(int alive)
{
	struct pollfd ready[] = { { .fd = fuse, .events = POLLIN }, { .fd = alive, .events = POLLIN } };
	static char request[1 << 20] __attribute__((aligned(8)));
	struct fuse_in_header *in = (void *)request;

	/* The other end is closed with the last process of the program. */
	while (poll(ready, 2, -1) > 0 && ready[1].revents == 0 && read(fuse, request, sizeof(request)) > 0) {
		struct fuse_out_header out = { .len = sizeof(out), .unique = in->unique };
		long bytes;

		if (in->opcode == FUSE_FORGET || in->opcode == FUSE_BATCH_FORGET || in->opcode == FUSE_INTERRUPT)
			continue;
		bytes = serve(in, request + sizeof(*in));
		if (bytes < 0)
			out.error = bytes;
		else
			out.len += bytes;
		memmove(answer + sizeof(out), answer, bytes > 0 ? bytes : 0);
		memcpy(answer, &out, sizeof(out));
		write(fuse, answer, out.len);
	}
	leave();
}

int main(int argc, char **argv)
{
	const char *target = getenv("TARGET_APPIMAGE"), *name = getenv("IMAGE_USER");
	int user = name ? atoi(name) : 0;
	char own[4096] = "", options[128], program[64];
	struct stat st;
	int alive[2];

	readlink("/proc/self/exe", own, sizeof(own) - 1);
	image = open(target ? target : own, O_RDONLY | O_CLOEXEC);
	fstat(image, &st);
	pread(image, &size, sizeof(size), st.st_size - sizeof(size));
	begin = st.st_size - sizeof(size) - size;
	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (image < 0 || fuse < 0 || !mkdtemp(mount_point) || chown(mount_point, user, user) != 0)
		return 1;
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%d,group_id=%d", fuse, user, user);
	if (mount("image", mount_point, "fuse.image", MS_NOSUID | MS_NODEV, options) != 0)
		return 1;
	if (pipe(alive) != 0)
		return 1;
	if (fork() == 0) {
		close(alive[1]);
		serve_all(alive[0]);
	}
	close(alive[0]);
	setgroups(0, NULL);
	if (setgid(user) != 0 || setuid(user) != 0)
		return 1;
	snprintf(program, sizeof(program), "%s/program", mount_point);
	argv[0] = program;
	close(image);
	close(fuse);
	execv(program, argv);
	return 1;
}
