// A client for tests that need another user: `stranger.ts SOCKET COUNT TEXT` connects COUNT times, sends TEXT on each and prints
// one JSON line of the replies when every connection was answered. Then it keeps its ends open until it is killed.
import { connect } from "node:net";

const [path = "", count = "1", text = ""] = process.argv.slice(2);
const replies: string[] = [];
let answered = 0;
for (let i = 0; i < Number(count); i++) {
  const socket = connect({ path, allowHalfOpen: true });
  let reply = "";
  let over = false;
  const done = () => {
    if (over) return;
    over = true;
    replies.push(reply);
    if (++answered === Number(count)) process.stdout.write(`${JSON.stringify(replies)}\n`);
  };
  socket.on("connect", () => text && socket.write(text));
  socket.on("data", (chunk) => {
    reply += chunk;
  });
  socket.once("end", done);
  socket.on("error", (error) => {
    reply ||= (error as NodeJS.ErrnoException).code ?? "error";
    done();
  });
}
setInterval(() => {}, 1000);
