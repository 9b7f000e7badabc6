import { Modal, PasswordInput } from "@mantine/core";
import { useState } from "react";
import { Button } from "../components/ui/Button";
import { useWords } from "../lib/i18n";
import css from "./frame.module.css";

type Props = { opened: boolean; onToken: (token: string) => void };

/** Asks for the access token; it is kept for this tab only. */
export function TokenDialog({ opened, onToken }: Props) {
  const { t } = useWords();
  const [typed, setTyped] = useState("");
  return (
    <Modal opened={opened} onClose={() => undefined} withCloseButton={false} closeOnClickOutside={false} closeOnEscape={false} title={t("token.title")} centered>
      <form onSubmit={(event) => { event.preventDefault(); if (typed.trim()) { onToken(typed); setTyped(""); } }}>
        <p className={css.tokenText}>{t("token.text")} <code>mmbot token show</code></p>
        <PasswordInput
          data-autofocus label={t("token.label")} value={typed} autoComplete="off" onChange={(event) => setTyped(event.currentTarget.value)}
          visibilityToggleButtonProps={{ "aria-label": t("token.reveal") }}
        />
        <div className={css.tokenActs}><Button type="submit" look="primary" disabled={!typed.trim()}>{t("token.use")}</Button></div>
      </form>
    </Modal>
  );
}
