/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few members of kernel structs that identity.bpf.h follows; their real offsets are relocated at load (CO-RE).
 * Written out instead of a generated vmlinux.h, so that the objects build the same on every machine.
 */
#ifndef PICKET_KERNEL_H
#define PICKET_KERNEL_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct super_block {
	__u32 s_dev;
};

struct timespec64 {
	__s64 tv_sec;
	long tv_nsec;
};

struct inode {
	unsigned long i_ino;
	__u32 i_generation;
	struct super_block *i_sb;
};

/* The change time by its names: before Linux 6.6, before 6.11, since. */
struct inode___timespec {
	struct timespec64 i_ctime;
};
struct inode___hidden {
	struct timespec64 __i_ctime;
};
struct inode___split {
	__s64 i_ctime_sec;
	__u32 i_ctime_nsec;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

/* The kernel's struct path; picket.h has one of its own. */
struct path___vfs {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct fs_struct {
	struct path___vfs root;
	struct path___vfs pwd;
};

struct file {
	struct inode *f_inode;
	struct path___vfs f_path;
};

struct mm_struct {
	struct file *exe_file;
	unsigned long arg_start;
	unsigned long arg_end;
};

struct linux_binprm {
	const char *filename; /* what was executed */
	const char *interp;   /* what runs it: the same string unless it is a script */
};

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	struct ns_common ns;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

typedef struct {
	__s64 counter;
} atomic64_t;

typedef struct {
	int counter;
} atomic_t;

struct cred {
	struct {
		__u32 val;
	} uid, gid;
};

struct kernfs_node {
	__u64 id;
};

struct cgroup {
	int level;
	struct kernfs_node *kn;
	struct cgroup *ancestors[1]; /* from the root to itself; Linux >= 6.1 */
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct sock_cgroup_data {
	struct cgroup *cgroup;
};

struct net {
	__u64 net_cookie;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct signal_struct {
	atomic_t live; /* threads */
};

struct task_struct {
	struct task_struct *group_leader;
	struct task_struct *real_parent;
	int pid;
	int tgid;
	__u64 start_boottime;
	__u64 self_exec_id;
	struct mm_struct *mm;
	struct fs_struct *fs;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	const struct cred *cred;
	struct css_set *cgroups;
	char comm[16];
	struct pid *thread_pid;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport; /* network order */
	__u16 skc_num;	  /* the local port, host order */
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	int skc_bound_dev_if;
	unsigned long skc_flags; /* bits by enum sock_flags */
	atomic64_t skc_cookie;
	struct in6_addr skc_v6_daddr; /* <linux/in6.h> */
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	struct sock_cgroup_data sk_cgrp_data;
	__u16 sk_protocol;
	__u16 sk_type;
	__u8 sk_userlocks : 4; /* what the app chose itself */
};

enum sock_flags {
	SOCK_BROADCAST = 6, /* the running kernel's own number is used */
};

struct socket {
	struct sock *sk;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#pragma clang attribute pop

#endif
