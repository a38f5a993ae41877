/* Has the kernel time every run of every BPF program for as long as this process lives (BPF_ENABLE_STATS): until stdin ends. */
#include <bpf/bpf.h>
#include <stdio.h>

int main(void)
{
	if (bpf_enable_stats(BPF_STATS_RUN_TIME) < 0)
		return 1;
	puts("ready");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
