/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How processes are started, on the whole machine: a process may be guarded only later. Read where a program begins, when nothing that it
 * could change later (its arguments, its folder, the file behind its name) has changed. No verdict depends on these programs: without
 * them the helper names what /proc still knows.
 */
#ifndef PICKET_LAUNCH_H
#define PICKET_LAUNCH_H

/* Folders and mounts followed on the way up to the root. */
#define PATH_STEPS 48

const volatile struct launch no_launch = {};

/*
 * Follows a file up to the root of its mount namespace. The position lives in the map value, not in a register: what the verifier knows
 * of it is then the same in every round, and 48 rounds cost it as much as one.
 */
static __always_inline void locate(struct location *at, struct dentry *dentry, struct vfsmount *vfs)
{
	struct mount *mount = (void *)vfs - bpf_core_field_offset(struct mount, mnt);
	struct inode *inode = BPF_CORE_READ(dentry, d_inode);
	int i;

	at->inode = BPF_CORE_READ(inode, i_ino);
	at->device = BPF_CORE_READ(inode, i_sb, s_dev);
	for (i = 0; i < PATH_STEPS; i++) {
		struct dentry *parent;
		__u32 offset;
		long bytes;

		if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
			struct mount *below = BPF_CORE_READ(mount, mnt_parent);

			if (!below || below == mount) {
				at->complete = 1;
				return;
			}
			dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			mount = below;
			continue;
		}
		parent = BPF_CORE_READ(dentry, d_parent);
		if (!parent || parent == dentry)
			return; /* in no tree: memfd, or a mount that was taken away */
		offset = *(volatile __u32 *)&at->bytes;
		if (offset > NAMES_BYTES - NAME_BYTES)
			return;
		bytes = bpf_probe_read_kernel_str(at->names + offset, NAME_BYTES, BPF_CORE_READ(dentry, d_name.name));
		if (bytes <= 0)
			return;
		at->bytes = offset + bytes;
		dentry = parent;
	}
}

/* Mounts that may lie over one another at a root. */
#define ROOT_MOUNTS 8

/* Whether a root folder is its mount namespace's. */
static __always_inline int is_top(struct dentry *dentry, struct vfsmount *vfs)
{
	struct mount *mount = (void *)vfs - bpf_core_field_offset(struct mount, mnt);
	int i;

	for (i = 0; i < ROOT_MOUNTS; i++) {
		struct mount *below = BPF_CORE_READ(mount, mnt_parent);

		if (dentry != BPF_CORE_READ(mount, mnt.mnt_root))
			return 0;
		if (!below || below == mount)
			return 1;
		dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		mount = below;
	}
	return 0;
}

static __always_inline struct process_key key_of_task(struct task_struct *leader)
{
	struct process_key key = {
		.start = leader->start_boottime,
		.exec_id = leader->self_exec_id,
		.kernel_pid = leader->tgid,
	};

	return key;
}

/* Nobody can tell any more whether such a process is what it says (read_process). */
static __always_inline void note_unrecorded(struct process_key *key)
{
	__u32 nothing = 0;

	count(COUNTER_UNRECORDED);
	bpf_map_update_elem(&unrecorded, key, &nothing, BPF_ANY);
}

/* After the new program is in place, before its first instruction. */
SEC("tp_btf/sched_process_exec")
int on_exec(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	struct linux_binprm *bprm = (void *)ctx[2];
	struct mm_struct *mm = task->mm;
	struct file *file = mm ? mm->exe_file : 0;
	struct process_key key = key_of_task(task);
	struct fs_struct *fs = task->fs;
	struct launch *launch;
	__u64 start, bytes;

	key.exec_id--;
	bpf_map_delete_elem(&launches, &key);
	bpf_map_delete_elem(&unrecorded, &key);
	key.exec_id++;
	if (!file)
		return 0;
	bpf_map_update_elem(&launches, &key, (const void *)&no_launch, BPF_ANY);
	launch = bpf_map_lookup_elem(&launches, &key);
	if (!launch) {
		note_unrecorded(&key);
		return 0;
	}
	launch->time = bpf_ktime_get_boot_ns();
	read_exe(file->f_inode, &launch->exe);
	locate(&launch->program, BPF_CORE_READ(file, f_path.dentry), BPF_CORE_READ(file, f_path.mnt));
	launch->mount_namespace = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	launch->confined = 1;
	if (fs) {
		launch->confined = !is_top(BPF_CORE_READ(fs, root.dentry), BPF_CORE_READ(fs, root.mnt));
		locate(&launch->directory, BPF_CORE_READ(fs, pwd.dentry), BPF_CORE_READ(fs, pwd.mnt));
	}
	start = mm->arg_start;
	bytes = mm->arg_end - start;
	launch->argument_bytes = bytes;
	if (bytes > ARGUMENT_BYTES)
		bytes = ARGUMENT_BYTES;
	if (bytes && bpf_probe_read_user(launch->arguments, bytes, (void *)start))
		launch->argument_bytes = 0;
	launch->interpreted = bprm->interp != bprm->filename;
	return 0;
}

/* A fork goes on with its parent's program. `child` has not run yet. */
SEC("tp_btf/sched_process_fork")
int on_fork(__u64 *ctx)
{
	struct task_struct *parent = (void *)ctx[0];
	struct task_struct *child = (void *)ctx[1];
	struct process_key from, to;
	struct launch *launch;
	__u32 *app, number;

	if (child->pid != child->tgid)
		return 0; /* a thread */
	from = key_of_task(parent->group_leader);
	to = key_of_task(child);
	launch = bpf_map_lookup_elem(&launches, &from);
	if (launch ? bpf_map_update_elem(&launches, &to, launch, BPF_ANY) != 0 : bpf_map_lookup_elem(&unrecorded, &from) != 0)
		note_unrecorded(&to);
	app = bpf_map_lookup_elem(&processes, &from);
	number = app ? *app : 0;
	if (number)
		bpf_map_update_elem(&processes, &to, &number, BPF_ANY);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int on_exit(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	struct process_key key = key_of_task(task->group_leader);

	/* The first thread may end before the others. Several may be the last at the same time: each deletes. */
	if (BPF_CORE_READ(task, signal, live.counter) == 0) {
		bpf_map_delete_elem(&launches, &key);
		bpf_map_delete_elem(&unrecorded, &key);
	}
	return 0;
}

#endif
