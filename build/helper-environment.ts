// What a helper's process is started with beside its arguments: Node and glibc read these before any of our code runs.
import process from "node:process";

/**
 * `compiled`: the folder for what Node makes of the sources, which root alone must be able to write; null for none. Without it every start
 * loads a TypeScript compiler, and keeps it. One arena: every thread that once freed something would keep some megabytes for itself.
 */
export function helperEnvironment(compiled: string | null): NodeJS.ProcessEnv {
  const cache = compiled === null ? {} : { NODE_COMPILE_CACHE: compiled };
  return { ...process.env, ...cache, MALLOC_ARENA_MAX: "1" };
}
