/*
 * Many programs in no time: processes COUNT. One after the other, COUNT processes make a datagram socket each and end. A copy of the memory
 * would take each of them milliseconds, in which the helper's share of a second grows.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], 0, 10) : 0;

	while (count--) {
		pid_t child = vfork();

		if (child < 0)
			return 1;
		if (!child)
			_exit(socket(AF_INET, SOCK_DGRAM, 0) < 0);
		waitpid(child, 0, 0);
	}
	return 0;
}
