// One GET by node's own HTTP client: get.cjs URL. Prints the body, or the error's code. Not fetch(): its time-out for connecting is 10 s.
require("node:http")
  .get(process.argv[2], (response) => response.pipe(process.stdout))
  .on("error", ({ code }) => {
    process.stdout.write(String(code));
    process.exitCode = 1;
  });
