// Ends live TCP connections by netlink (sock_diag(7), SOCK_DESTROY): the app's next call fails with ECONNABORTED.
import type { Revoked } from "./layout.ts";
import { AF_INET, AF_NETLINK, close, receive, SOCK_RAW, SystemError, send, socket } from "./libc.ts";
import { inNamespaceOf } from "./namespaces.ts";

const NETLINK_SOCK_DIAG = 4;
const IPPROTO_TCP = 6;
/** linux/sock_diag.h, Linux 4.5; needs CONFIG_INET_DIAG_DESTROY, which Debian's kernels have. */
const SOCK_DESTROY = 21;
const NLMSG_ERROR = 2;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const ENOENT = 2;

/** struct nlmsghdr and struct inet_diag_req_v2 (linux/inet_diag.h); a cookie makes sure that no later connection of the tuple is meant. */
function destroyRequest(connection: Revoked): Buffer {
  const request = Buffer.alloc(16 + 56);
  request.writeUInt32LE(request.length, 0);
  request.writeUInt16LE(SOCK_DESTROY, 4);
  request.writeUInt16LE(NLM_F_REQUEST | NLM_F_ACK, 6);
  request.writeUInt8(connection.family, 16);
  request.writeUInt8(IPPROTO_TCP, 17);
  request.writeUInt32LE(0xffffffff, 20); // in every state
  request.writeUInt16BE(connection.source_port, 24);
  request.writeUInt16BE(connection.destination_port, 26);
  const from = connection.family === AF_INET ? 12 : 0; // IPv4 stands at the end of a mapped address
  connection.source.copy(request, 28, from);
  connection.destination.copy(request, 44, from);
  request.writeUInt32LE(connection.interface, 60);
  request.writeBigUInt64LE(connection.cookie, 64);
  return request;
}

/**
 * Ends one connection in the caller's network namespace. False when it is gone already; throws SystemError when the kernel refuses
 * (EOPNOTSUPP 95: built without SOCK_DESTROY).
 */
function destroyHere(connection: Revoked): boolean {
  const fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
  try {
    send(fd, destroyRequest(connection));
    // Requests that are no dumps are answered before send() returns.
    const reply = receive(fd, 256);
    if (reply.length < 20 || reply.readUInt16LE(4) !== NLMSG_ERROR) throw new Error("an answer that is none");
    const errno = -reply.readInt32LE(16);
    if (errno !== 0 && errno !== ENOENT) throw new SystemError("SOCK_DESTROY", errno);
    return errno === 0;
  } finally {
    close(fd);
  }
}

/** Ends one connection. False when it is gone, or no process the kernel named lives in its network namespace. */
export function destroyConnection(connection: Revoked): boolean {
  return [connection.pid, connection.holder].some((pid) => inNamespaceOf(pid, () => destroyHere(connection)));
}
