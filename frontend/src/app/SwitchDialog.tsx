import { Modal } from "@mantine/core";
import { Button } from "../components/ui/Button";
import { useStaleWords } from "../components/ui/stale";
import { botFace } from "../features/bot/bot-state";
import { useBotCommands } from "../features/bot/use-bot-commands";
import { useMay } from "../lib/access";
import { closeDialog, useDialog } from "../lib/dialogs";
import { useWords } from "../lib/i18n";
import { usePicture } from "../stream/store";
import css from "./frame.module.css";

/** The question behind the key `s`: start or pause, whichever can be done now. */
export function SwitchDialog() {
  const { t } = useWords();
  const may = useMay("control");
  const opened = useDialog()?.kind === "switch" && may;
  const stale = useStaleWords() !== null;
  const state = usePicture((now) => now.bot?.state);
  const env = usePicture((now) => now.env);
  const { under, run } = useBotCommands();
  const { offers } = botFace({ state, quoting: false, stale, under, hasPosition: true });
  const act = offers.start !== "off" ? "start" : offers.pause !== "off" ? "pause" : null;
  const words = act === null ? t("keys.nothing") : act === "pause" ? t("keys.pauseNow") : t("keys.startNow", { env: (env ?? "").toUpperCase() });
  return (
    <Modal opened={opened} onClose={closeDialog} title={t("keys.switch")} size={380} closeButtonProps={{ "aria-label": t("action.back") }}>
      <form onSubmit={(event) => { event.preventDefault(); closeDialog(); if (act) run(act); }}>
        <p className={css.ask}>{words}</p>
        <div className={css.tokenActs}>
          <Button onClick={closeDialog}>{t("action.back")}</Button>{" "}
          {act && <Button type="submit" look="primary" data-autofocus>{t(`bot.${act}`)}</Button>}
        </div>
      </form>
    </Modal>
  );
}
