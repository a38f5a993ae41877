// The end of a dialog that saves something. Save stays there to be pressed: what is wrong is said at its field.
import { Button } from "react-aria-components";

export function SaveButtons(props: {
  words: { cancel: string; save: string };
  close: () => void;
  save: () => Promise<void>;
  autoFocus?: boolean;
}) {
  const { words, close, save, autoFocus = false } = props;
  return (
    <div className="dialog-buttons">
      <Button className="button" autoFocus={autoFocus} onPress={close}>
        {words.cancel}
      </Button>
      <Button className="button button-main" onPress={() => void save()}>
        {words.save}
      </Button>
    </div>
  );
}
