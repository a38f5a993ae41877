// The types of bootstrap.mjs, which must stay plain JavaScript.
export function packagesAreCurrent(folder: string): boolean;
