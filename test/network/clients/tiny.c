// The smallest program that connects, for tests that need thousands of different ones: tiny ADDRESS PORT, both as decimal numbers, the
// address in host order. Its exit code is the error of connect(), 0 for none. No libc: a copy takes one or two pages.
#include <linux/in.h>
#include <sys/syscall.h>

#define AF_INET 2
#define SOCK_STREAM 1

static long call(long number, long a, long b, long c)
{
	long result;
#if defined(__x86_64__)
	asm volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register long x8 asm("x8") = number, x0 asm("x0") = a, x1 asm("x1") = b, x2 asm("x2") = c;
	asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	result = x0;
#endif
	return result;
}

static unsigned long number(const char *text)
{
	unsigned long value = 0;

	while (*text >= '0' && *text <= '9')
		value = value * 10 + (*text++ - '0');
	return value;
}

// `stack`: argc, argv[0], argv[1], …
__attribute__((used)) void run(long *stack)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	long fd = call(SYS_socket, AF_INET, SOCK_STREAM, 0), result = 255;

	if (stack[0] == 3 && fd >= 0) {
		to.sin_addr.s_addr = __builtin_bswap32(number((char *)stack[2]));
		to.sin_port = __builtin_bswap16(number((char *)stack[3]));
		result = -call(SYS_connect, fd, (long)&to, sizeof(to));
	}
	call(SYS_exit, result, 0, 0);
}

#if defined(__x86_64__)
asm(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call run\n");
#elif defined(__aarch64__)
asm(".globl _start\n_start: mov x0, sp\n bl run\n");
#endif
