/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who makes the call: executable, process and user of the current task, into the socket's storage. */
#ifndef PICKET_IDENTITY_H
#define PICKET_IDENTITY_H

/* Linux >= 6.13 keeps a "was queried" flag in the highest bit of i_ctime_nsec. */
#define CTIME_NANOSECONDS 0x7fffffffu

static __always_inline void read_ctime(struct inode *inode, struct exe_key *key)
{
	if (bpf_core_field_exists(struct inode___split, i_ctime_sec)) {
		struct inode___split *split = (void *)inode;
		key->ctime_seconds = BPF_CORE_READ(split, i_ctime_sec);
		key->ctime_nanoseconds = BPF_CORE_READ(split, i_ctime_nsec) & CTIME_NANOSECONDS;
	} else if (bpf_core_field_exists(struct inode___hidden, __i_ctime)) {
		struct inode___hidden *hidden = (void *)inode;
		key->ctime_seconds = BPF_CORE_READ(hidden, __i_ctime.tv_sec);
		key->ctime_nanoseconds = BPF_CORE_READ(hidden, __i_ctime.tv_nsec);
	} else {
		struct inode___timespec *plain = (void *)inode;
		key->ctime_seconds = BPF_CORE_READ(plain, i_ctime.tv_sec);
		key->ctime_nanoseconds = BPF_CORE_READ(plain, i_ctime.tv_nsec);
	}
}

/* Deepest nest of PID namespaces searched for the helper's; the kernel allows 32, containers in containers use 3. */
#define PID_LEVELS 8

/* The pid that the helper sees: the task may live in a deeper PID namespace (a sandbox), the helper in a container. */
static __always_inline __u32 helper_pid(struct task_struct *leader)
{
	struct config *c = settings();
	struct pid *pid = leader->thread_pid;
	__u32 level, deepest;

	if (!c || !pid)
		return 0;
	deepest = BPF_CORE_READ(pid, level);
	for (level = 0; level < PID_LEVELS && level <= deepest; level++) {
		void *entry = (void *)pid + bpf_core_field_offset(struct pid, numbers) +
			      level * bpf_core_type_size(struct upid);
		struct upid *at = entry;

		if (BPF_CORE_READ(at, ns, ns.inum) == c->pid_namespace)
			return BPF_CORE_READ(at, nr);
	}
	return 0;
}

static __always_inline void identify(struct socket_state *state)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_struct *leader = task->group_leader;
	struct process *process = &state->process;
	__u64 start = leader->start_boottime;
	__u32 exec_id = leader->self_exec_id;
	struct mm_struct *mm = task->mm;

	/* Same process, same program: only the verdict's key may have become known since. */
	if (process->start != start || process->exec_id != exec_id || !process->start) {
		struct file *file = mm ? mm->exe_file : 0;
		struct inode *inode = file ? file->f_inode : 0;

		__builtin_memset(process, 0, sizeof(*process));
		process->start = start;
		process->exec_id = exec_id;
		process->pid = helper_pid(leader);
		process->cgroup = bpf_get_current_cgroup_id();
		bpf_get_current_comm(process->command, sizeof(process->command));
		state->app = 0;
		if (inode) {
			struct super_block *sb = inode->i_sb;

			process->exe.inode = inode->i_ino;
			process->exe.generation = inode->i_generation;
			if (sb)
				process->exe.device = sb->s_dev;
			read_ctime(inode, &process->exe);
		}
	}
	process->uid = bpf_get_current_uid_gid();
	process->gid = bpf_get_current_uid_gid() >> 32;
}

/* The app id of the socket's process, 0 while the helper has not named its executable. */
static __always_inline __u32 app_of(struct socket_state *state)
{
	__u32 *app = bpf_map_lookup_elem(&apps, &state->process.exe);

	state->app = app ? *app : 0;
	return state->app;
}

#endif
