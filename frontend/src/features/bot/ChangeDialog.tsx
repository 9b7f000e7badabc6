import { Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Button } from "../../components/ui/Button";
import { CommandNote } from "../../components/ui/CommandNote";
import { useMay } from "../../lib/access";
import { ApiError } from "../../lib/api";
import { useWords } from "../../lib/i18n";
import { refusalWords } from "../../lib/refusals";
import { ConfigDiff } from "./ConfigDiff";
import type { Config, Setting } from "./config-form";
import { notable } from "./config-markets";
import { type ConfigNow, wire } from "./config-wire";
import css from "./config.module.css";

export type Proposed = { readonly title: string; readonly note?: string; readonly body: Config };
type Props = { proposed: Proposed | null; settings: readonly Setting[]; now: ConfigNow; locked: boolean; onBack: () => void; onApply: (body: Config, restart: boolean) => void };

/** A change that did not come from the form: its whole difference, what it would refuse, and one question. */
export function ChangeDialog({ proposed, onBack, ...rest }: Props) {
  const { t } = useWords();
  return (
    <Modal opened={proposed !== null} onClose={onBack} title={proposed?.title ?? ""} size={620} closeOnClickOutside={false} closeButtonProps={{ "aria-label": t("action.back") }}>
      {proposed && <Question proposed={proposed} onBack={onBack} {...rest} />}
    </Modal>
  );
}

function Question({ proposed, settings, now, locked, onBack, onApply }: Omit<Props, "proposed"> & { proposed: Proposed }) {
  const { t, language } = useWords();
  const mayRaise = useMay("danger");
  const { data, error } = useQuery({ queryKey: ["config-preview", now.hash, JSON.stringify(proposed.body)], queryFn: () => wire.preview(proposed.body) });
  const restart = now.is_running && (data?.needs_stop.length ?? 0) > 0;
  const raises = (data?.raises_limits.length ?? 0) > 0;
  const shown = notable(data?.changes ?? [], settings);
  const hidden = (data?.changes.length ?? 0) - shown.length;
  return (
    <div className={css.question}>
      {proposed.note && <p>{proposed.note}</p>}
      {error instanceof ApiError && <CommandNote tone="refused"><b>{t("command.refused")}</b> {refusalWords(error.body, t, language)}</CommandNote>}
      {error && !(error instanceof ApiError) && <p role="alert">{t("records.unreachable")}</p>}
      {!data && !error && <p>{t("empty.waiting")}</p>}
      {data && <ConfigDiff changes={shown} />}
      {hidden > 0 && <p className={css.note}>{t("config.atDefaults", { count: hidden })}</p>}
      {restart && <p>{t("config.needsStopWords")}</p>}
      {raises && !mayRaise && <CommandNote tone="refused">{t("access.needsOwner")}</CommandNote>}
      <div className={css.acts}>
        <Button data-autofocus onClick={onBack}>{t("action.back")}</Button>
        <Button look="primary" disabled={!data || data.changes.length === 0 || locked || (raises && !mayRaise)} onClick={() => onApply(proposed.body, restart)}>{t(restart ? "config.stopApplyStart" : "config.apply")}</Button>
      </div>
    </div>
  );
}
