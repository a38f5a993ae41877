/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who makes the call: executable, process and user of the current task, into the socket's storage. */
#ifndef PICKET_IDENTITY_H
#define PICKET_IDENTITY_H

/* Linux >= 6.13 keeps a "was queried" flag in the highest bit of i_ctime_nsec. */
#define CTIME_NANOSECONDS 0x7fffffffu

/* How a member of a struct is read: through pointers that the verifier knows, a few instructions; through others, a call. */
#define KNOWN(from, member) ((from)->member)
#define PROBED(from, member) BPF_CORE_READ(from, member)

#define READ_CTIME(inode, key, READ)                                                                                 \
	do {                                                                                                         \
		struct inode___split *split = (void *)(inode);                                                       \
		struct inode___hidden *hidden = (void *)(inode);                                                     \
		struct inode___timespec *plain = (void *)(inode);                                                    \
                                                                                                                     \
		if (bpf_core_field_exists(struct inode___split, i_ctime_sec)) {                                      \
			(key)->ctime_seconds = READ(split, i_ctime_sec);                                             \
			(key)->ctime_nanoseconds = READ(split, i_ctime_nsec) & CTIME_NANOSECONDS;                    \
		} else if (bpf_core_field_exists(struct inode___hidden, __i_ctime)) {                                \
			(key)->ctime_seconds = READ(hidden, __i_ctime.tv_sec);                                       \
			(key)->ctime_nanoseconds = READ(hidden, __i_ctime.tv_nsec);                                  \
		} else {                                                                                             \
			(key)->ctime_seconds = READ(plain, i_ctime.tv_sec);                                          \
			(key)->ctime_nanoseconds = READ(plain, i_ctime.tv_nsec);                                     \
		}                                                                                                    \
	} while (0)

/* Deepest nest of PID namespaces searched for the helper's; the kernel allows 32, containers in containers use 3. */
#define PID_LEVELS 8

static __always_inline void read_exe(struct inode *inode, struct exe_key *key)
{
	key->inode = BPF_CORE_READ(inode, i_ino);
	key->generation = BPF_CORE_READ(inode, i_generation);
	key->device = BPF_CORE_READ(inode, i_sb, s_dev);
	READ_CTIME(inode, key, PROBED);
}

/* The pid that the helper sees: the task may live in a deeper PID namespace (a sandbox), the helper in a container. */
static __always_inline __u32 search_pid(struct pid *pid)
{
	struct config *c = settings();
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

/* The same for a task that the verifier knows. Nearly always the helper is in no container. */
static __always_inline __u32 helper_pid(struct pid *pid)
{
	struct config *c = settings();
	struct pid_namespace *first = pid ? pid->numbers[0].ns : 0;

	if (c && first && first->ns.inum == c->pid_namespace)
		return pid->numbers[0].nr;
	return search_pid(pid);
}

static __always_inline struct process_key key_of(struct process *process)
{
	struct process_key key = { .start = process->start, .exec_id = process->exec_id, .kernel_pid = process->kernel_pid };

	return key;
}

/* Everything that does not depend on who is asking: the pids, the start and the executable. */
static __always_inline void read_process(struct process *process, struct task_struct *leader, struct mm_struct *mm)
{
	struct file *file = mm ? mm->exe_file : 0;
	struct inode *inode = file ? file->f_inode : 0;
	struct process_key key;
	struct launch *launch;

	__builtin_memset(process, 0, sizeof(*process));
	process->start = leader->start_boottime;
	process->exec_id = leader->self_exec_id;
	process->pid = helper_pid(leader->thread_pid);
	process->kernel_pid = leader->tgid;
	if (inode) {
		struct super_block *sb = inode->i_sb;

		process->exe.inode = inode->i_ino;
		process->exe.generation = inode->i_generation;
		if (sb)
			process->exe.device = sb->s_dev;
		READ_CTIME(inode, &process->exe, KNOWN);
	}
	/* Anybody may say to be another executable (PR_SET_MM_MAP, in a user namespace of their own). */
	key = key_of(process);
	launch = bpf_map_lookup_elem(&launches, &key);
	if (launch) {
		/* An inode's number is given again when its file is gone: then its generation is another. */
		if (launch->exe.inode != process->exe.inode || launch->exe.device != process->exe.device ||
		    launch->exe.generation != process->exe.generation)
			process->exe.disguised = DISGUISE_OTHER;
		else if (launch->interpreted)
			process->exe.disguised = DISGUISE_SCRIPT;
	} else if (bpf_map_lookup_elem(&unrecorded, &key)) {
		process->exe.disguised = DISGUISE_UNRECORDED;
	}
}

/* Its name, with the zeros that the kernel ends it with. Word by word: the compiler would copy an array of bytes one by one. */
static __always_inline void read_command(struct process *process, struct task_struct *task)
{
	__u64 *from = (__u64 *)task->comm, *to = (__u64 *)process->command;

	to[0] = from[0];
	to[1] = from[1];
}

/* Reads everything from the task: sock_ops has no helpers for it on Linux 6.1 (cgroup_current_func_proto in kernel/bpf/cgroup.c). */
static __always_inline void identify(struct socket_state *state)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_struct *leader = task->group_leader;
	struct process *process = &state->process;
	__u32 exec_id = leader->self_exec_id;

	/* Same process, same program: only the verdict's key may have become known since. */
	if (process->start != leader->start_boottime || process->kernel_pid != leader->tgid || process->exec_id != exec_id ||
	    !process->start) {
		read_process(process, leader, task->mm);
		process->cgroup = task->cgroups->dfl_cgrp->kn->id;
		read_command(process, task);
		state->app = 0;
	}
	process->uid = task->cred->uid.val;
	process->gid = task->cred->gid.val;
}

/* The app id of the socket's process, 0 while the helper has not named it. */
static __always_inline __u32 app_of(struct socket_state *state)
{
	struct exe_key exe = state->process.exe; /* on the stack: Linux 6.1 takes no key from a global function's argument */
	__u32 numbers = notice(NOTICE_NUMBERS);	 /* before the maps: the helper counts last */
	__u32 *app = bpf_map_lookup_elem(&apps, &exe);

	if (!app) {
		struct process_key key = key_of(&state->process);

		app = bpf_map_lookup_elem(&processes, &key);
	}
	/*
	 * A helper that starts anew names everybody anew: until then what the process was named before holds. Unless numbers were taken back
	 * since: its own may be among them.
	 */
	if (app && *app) {
		state->app = *app;
		state->numbers = numbers;
	} else if (state->numbers != numbers) {
		state->app = 0;
	}
	return state->app;
}

/*
 * A verdict came from the helper, which knew the app where this socket did not yet: its number is kept, or the flow would be held in its
 * midst by the next helper, until that has named everybody anew.
 */
static __always_inline void keep_number(struct socket_state *state)
{
	if (!state->app)
		app_of(state);
}

static __always_inline void read_ancestors(struct task_struct *leader, struct ancestor *ancestors)
{
	struct task_struct *at = leader;
	int i;

	for (i = 0; i < ANCESTORS; i++) {
		struct ancestor *a = &ancestors[i];
		struct process_key key;
		struct launch *launch;
		struct inode *inode;

		at = BPF_CORE_READ(at, real_parent, group_leader);
		a->key.start = BPF_CORE_READ(at, start_boottime);
		a->key.exec_id = BPF_CORE_READ(at, self_exec_id);
		a->key.kernel_pid = BPF_CORE_READ(at, tgid);
		a->pid = search_pid(BPF_CORE_READ(at, thread_pid));
		inode = BPF_CORE_READ(at, mm, exe_file, f_inode);
		if (inode)
			read_exe(inode, &a->exe);
		key = a->key;
		launch = bpf_map_lookup_elem(&launches, &key);
		if (launch && launch->interpreted)
			a->exe.disguised = DISGUISE_SCRIPT;
		if (a->key.kernel_pid <= 1)
			break;
	}
}

/* Tells the helper of a process whose app has no number or who is asked about, once: whatever becomes of it, the helper can name it. */
static __noinline int announce(struct socket_state *state)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct launch *launch;
	struct process_key key;
	struct program *p;
	__u32 nobody = 0;

	if (!state)
		return 0;
	key = key_of(&state->process);
	if (bpf_map_update_elem(&processes, &key, &nobody, BPF_NOEXIST))
		return 0;
	p = over_share(state, sizeof(*p)) ? 0 : bpf_ringbuf_reserve(&events, sizeof(*p), 0);
	if (!p) {
		count(COUNTER_UNTOLD);
		bpf_map_delete_elem(&processes, &key); /* told of at its next call */
		return 0;
	}
	p->abi = PICKET_ABI;
	p->type = RECORD_PROGRAM;
	p->launched = 0;
	p->pad = 0;
	p->process = state->process;
	__builtin_memset(p->ancestors, 0, sizeof(p->ancestors));
	read_ancestors(task->group_leader, (struct ancestor *)p->ancestors);
	launch = bpf_map_lookup_elem(&launches, &key);
	if (launch)
		p->launched = !bpf_probe_read_kernel(&p->launch, sizeof(p->launch), launch);
	bpf_ringbuf_submit(p, 0);
	return 0;
}

#endif
