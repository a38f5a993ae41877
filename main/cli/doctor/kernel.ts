// Can this kernel do what Picket needs? Pure.
import type { Facts } from "./facts.ts";
import { type Finding, good, unknown, wrong } from "./finding.ts";

const oldest = [6, 1] as const;

/** What the programs need, a function of the kernel that is there if it can do it, and the option that builds it in. */
const abilities = [
  ["programs on sockets as they are made", "sock_filter_func_proto", "CONFIG_CGROUP_BPF"],
  ["programs on connect and send", "sock_addr_func_proto", "CONFIG_CGROUP_BPF"],
  ["programs on packets", "cg_skb_func_proto", "CONFIG_CGROUP_BPF"],
  ["programs on TCP", "sock_ops_func_proto", "CONFIG_CGROUP_BPF"],
  ["programs on socket options", "cg_sockopt_func_proto", "CONFIG_CGROUP_BPF"],
  ["programs on starts of processes", "tracing_prog_func_proto", "CONFIG_BPF_EVENTS"],
  ["iterators", "bpf_iter_reg_target", "CONFIG_BPF_SYSCALL"],
  ["storage on sockets", "bpf_sk_storage_get", "CONFIG_BPF_SYSCALL"],
  ["ring buffers", "bpf_ringbuf_output", "CONFIG_BPF_SYSCALL"],
  ["ending of connections", "sock_diag_destroy", "CONFIG_INET_DIAG_DESTROY"],
] as const;

const otherKernel = "Use a kernel of your distribution, version 6.1 or newer.";

export function kernelFindings({ kernel, helper }: Facts): Finding[] {
  return [
    versionFinding(kernel.release),
    ...mountFindings(kernel),
    lockdownFinding(kernel.lockdown),
    ...abilityFindings(kernel, helper),
  ];
}

function versionFinding(release: string): Finding {
  const [major = 0, minor = 0] = release.split(".").map(Number);
  const isNew = major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
  return isNew ? good("kernel version", release) : wrong("kernel version", `${release} is too old`, otherKernel);
}

function mountFindings({ btf, cgroup2 }: Facts["kernel"]): Finding[] {
  return [
    btf
      ? good("kernel types (BTF)", "there")
      : wrong(
          "kernel types (BTF)",
          "missing: /sys/kernel/btf/vmlinux",
          `The kernel is built without CONFIG_DEBUG_INFO_BTF. ${otherKernel}`,
        ),
    cgroup2 !== null
      ? good("control groups", `version 2 at ${cgroup2}`)
      : wrong(
          "control groups",
          "version 2 is not mounted",
          "Start the computer with systemd.unified_cgroup_hierarchy=1 on the kernel's command line.",
        ),
  ];
}

function lockdownFinding(lockdown: string | null): Finding {
  const check = "kernel lockdown";
  if (lockdown === null || lockdown === "none") return good(check, "off");
  if (lockdown === "integrity") return good(check, "integrity, which Picket works with");
  return wrong(
    check,
    `${lockdown}: programs may read nothing of the kernel`,
    "Take lockdown=confidentiality off the kernel's command line; integrity is fine.",
  );
}

function abilityFindings({ symbols, config }: Facts["kernel"], helper: Facts["helper"]): Finding[] {
  const check = "kernel abilities";
  if (helper.status !== null) return [good(check, "all there: the helper's programs are loaded")];
  const isOff = (option: string) =>
    config !== null && ![...config].some((line) => line === `${option}=y` || line === `${option}=m`);
  const missing = abilities.filter(([, symbol, option]) => (symbols !== null ? !symbols.has(symbol) : isOff(option)));
  if (symbols === null && config === null)
    return [
      unknown(
        check,
        "neither the kernel's configuration nor its functions can be read",
        "Run picket doctor as root (sudo).",
      ),
    ];
  if (missing.length === 0) return [good(check, "all there")];
  return missing.map(([what, , option]) =>
    wrong(check, `missing: ${what}`, `The kernel is built without ${option}. ${otherKernel}`),
  );
}
