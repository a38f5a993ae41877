// What is a host's name, and whose.
import { describe, expect, it } from "vitest";
import { isHostName as inContract } from "../../../contract/words.ts";
import {
  hostName,
  isHostName,
  isInternetName,
  isLocalName,
  registrableDomain,
  writtenName,
} from "../../../helper/policy/host-name.ts";

const long = `${"a.".repeat(126)}a`;

describe("a host's name", () => {
  it.each(["example.org", "printer", "xn--bcher-kva.example", "_dmarc.a_b.test", "-a.b-.example", "3com.3x", long])(
    "%s is one as it stands, and the contract lets it through",
    (name) => {
      expect(isHostName(name)).toBe(true);
      expect(inContract(name)).toBe(true);
      expect(hostName(name.toUpperCase())).toBe(name);
      expect(writtenName(`${name}.`)).toBe(name);
    },
  );

  it.each([
    "",
    ".",
    "a..b",
    ".a",
    "a.",
    "192.0.2.1",
    "a.7",
    "1",
    "a.0x7f",
    "0x7f",
    "a.-",
    "a._",
    "a b",
    "ä.test",
    "A.test",
  ])("“%s” is none as it stands", (text) => {
    expect(isHostName(text)).toBe(false);
  });

  it("has bounds", () => {
    expect(isHostName(`${"x".repeat(63)}.test`)).toBe(true);
    expect(isHostName(`${"x".repeat(64)}.test`)).toBe(false);
    expect(isHostName(`${long}.a`)).toBe(false);
  });

  it("is brought to one form, however people write it, and not where apps and resolvers do", () => {
    expect(writtenName("Bücher.Example.")).toBe("xn--bcher-kva.example");
    expect(hostName("bücher.example")).toBe(null);
    expect(hostName("WWW.Example.org.")).toBe("www.example.org");
    expect(writtenName("not a name")).toBe(null);
  });
});

describe("whose a name is", () => {
  it.each([
    ["www.example.co.uk", "example.co.uk"],
    ["a.b.github.io", "b.github.io"],
    ["nas.lan", "nas.lan"],
    ["a.nas.lan", "nas.lan"],
    ["com", "com"],
  ])("%s is %s's", (name, owner) => {
    expect(registrableDomain(name)).toBe(owner);
  });

  it.each(["example.org", "a.b.github.io", "fritz.box", "host.net.ts.net", "org"])("%s is the internet's", (name) => {
    expect(isInternetName(name)).toBe(true);
  });

  it.each(["printer", "nas.lan", "a.local", "router.home.arpa", "x.internal", "localhost", "a.test"])(
    "%s is not",
    (name) => {
      expect(isInternetName(name)).toBe(false);
    },
  );

  it("is nobody's where it means this network everywhere", () => {
    expect(isLocalName("a.home.arpa")).toBe(true);
    expect(isLocalName("home.arpa.example.org")).toBe(false);
  });
});
