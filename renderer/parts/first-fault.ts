// A form that could not be saved leads to its first field in fault: whoever cannot see it is where it can be mended.
import { type RefObject, useEffect, useRef, useState } from "react";

/** `form`: what has the fields. `look`: to be called with whatever makes fields invalid. */
export function useFirstFault(): { form: RefObject<HTMLElement | null>; look: () => void } {
  const form = useRef<HTMLElement | null>(null);
  const [looks, setLooks] = useState(0);
  useEffect(() => {
    if (looks > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [looks]);
  return { form, look: () => setLooks((count) => count + 1) };
}
