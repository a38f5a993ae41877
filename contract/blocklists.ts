// The words and methods of blocklists: lists of names and addresses that somebody else maintains. They can only block.
import * as v from "valibot";

/** How a list is called by people; unique. */
export const blocklistNameSchema = v.pipe(
  v.string(),
  v.regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,62}$/u, "1 to 63 letters, digits, blanks, dots, dashes or underscores"),
);

/** http or https, without a password in it. */
export const blocklistUrlSchema = v.pipe(
  v.string(),
  v.maxLength(2048),
  v.check((text) => {
    if (!URL.canParse(text)) return false;
    const { protocol, username, password, hostname } = new URL(text);
    return /^https?:$/.test(protocol) && username === "" && password === "" && hostname !== "";
  }, "an http or https address without user and password"),
);

/** Why a part of a list blocks nothing. */
export const skipReasonSchema = v.picklist([
  /** An adblock rule about more than a whole domain. */
  "not_carried_over",
  /** com, co.uk, github.io: blocking it would block strangers. */
  "public_suffix",
  /** localhost and other names of this machine or network. */
  "local_name",
  /** A hosts line that leads a name somewhere instead of nowhere. */
  "redirect",
  /** Loopback, private, link-local and multicast addresses. */
  "local_address",
  /** A range that is a good part of the internet. */
  "too_wide",
  "too_long",
  "unreadable",
]);
export type SkipReason = v.InferOutput<typeof skipReasonSchema>;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const time = v.pipe(v.string(), v.isoTimestamp());

export const skippedSchema = v.object({
  reason: skipReasonSchema,
  count,
  /** The first few, with their line's number. */
  first: v.array(v.object({ line: count, text: v.pipe(v.string(), v.maxLength(100)) })),
});
export type Skipped = v.InferOutput<typeof skippedSchema>;

export const blocklistSchema = v.object({
  id: v.string(),
  name: v.string(),
  /** Null for a list whose text was handed over. */
  url: v.nullable(v.string()),
  enabled: v.boolean(),
  /** What the helper does with it just now; null when it is done. */
  busy: v.nullable(v.picklist(["waiting", "fetching", "reading"])),
  /** `hosts` are blocked themselves, `domains` with everything below, `addresses` are single ones and ranges, each counted once. */
  hosts: count,
  domains: count,
  addresses: count,
  /** What the list itself excepts from what it blocks. */
  exceptions: count,
  skipped: v.array(skippedSchema),
  /** Since when this text is in force; null while there is none. */
  updated: v.nullable(time),
  /** When it was last asked for successfully; null for one that was handed over. */
  checked: v.nullable(time),
  /** Why the last update was not taken; what was there before goes on. `code`: one of errors.ts. */
  error: v.nullable(v.object({ code: v.string(), message: v.string(), time })),
  /** An update that lost more than half of the entries waits to be accepted. */
  aside: v.nullable(v.object({ entries: count, time })),
  hits: count,
});
export type Blocklist = v.InferOutput<typeof blocklistSchema>;

export const blocklistHitsSchema = v.object({ entry: v.string(), hits: count, last: time });
export type BlocklistHits = v.InferOutput<typeof blocklistHitsSchema>;

/** Bytes of a list's text in one request: base64 of it fits the wire's limit. */
export const appendBytes = 45_000;

/** Note of the rules that rules.except makes: by it they are told from other rules. */
export const exceptionNote = "An exception to blocklists.";

const name = blocklistNameSchema;
const upload = v.pipe(v.string(), v.maxLength(64));

/**
 * Whatever takes time answers at once with the list as `busy`; the end is told to watchers of `blocklists`, also that of a failure (`error`).
 */
export const blocklistMethods = {
  "blocklists.list": { params: v.strictObject({}), result: v.array(blocklistSchema) },
  /** A list that is fetched, daily. Errors: blocklist_exists, too_many_blocklists. */
  "blocklists.add": { params: v.strictObject({ name, url: blocklistUrlSchema }), result: blocklistSchema },
  /**
   * A list whose text this connection hands over: begin, append …, commit. `replace`: new text for the list of that name. One at a time per
   * connection; it ends with the connection. Errors: blocklist_exists, unknown_blocklist, blocklist_fetched (`replace` of one with a URL),
   * too_many_blocklists, too_many_uploads.
   */
  "blocklists.begin": {
    params: v.strictObject({ name, replace: v.optional(v.boolean(), false) }),
    result: v.object({ upload }),
  },
  /** Errors: unknown_upload, blocklist_too_large (and the upload is over). */
  "blocklists.append": {
    params: v.strictObject({ upload, data: v.pipe(v.string(), v.maxLength(60_000), v.base64()) }),
    result: v.object({ bytes: count }),
  },
  /** A list whose first text is not taken (`error` says why) is gone when this connection is. Errors: unknown_upload, and those of begin. */
  "blocklists.commit": { params: v.strictObject({ upload }), result: blocklistSchema },
  /** Errors: unknown_blocklist. */
  "blocklists.remove": { params: v.strictObject({ name }), result: v.object({}) },
  /** Errors: unknown_blocklist. */
  "blocklists.enable": { params: v.strictObject({ name, enabled: v.boolean() }), result: blocklistSchema },
  /**
   * Fetches one list, or with null all enabled ones that have a URL. `acceptShrunk`: takes what waits aside instead. Errors:
   * unknown_blocklist, blocklist_not_fetched, nothing_aside.
   */
  "blocklists.refresh": {
    params: v.strictObject({ name: v.nullable(name), acceptShrunk: v.optional(v.boolean(), false) }),
    result: v.array(blocklistSchema),
  },
  /** The entries that blocked most, most first. Errors: unknown_blocklist. */
  "blocklists.hits": { params: v.strictObject({ name }), result: v.array(blocklistHitsSchema) },
} as const;
