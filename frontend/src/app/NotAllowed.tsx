import { Modal } from "@mantine/core";
import { Button } from "../components/ui/Button";
import { type Role, useMay } from "../lib/access";
import { type Dialog, closeDialog, useDialog } from "../lib/dialogs";
import { useWords } from "../lib/i18n";
import css from "./frame.module.css";

const NEEDS: Readonly<Partial<Record<Dialog["kind"], Role>>> = { flatten: "danger", cancelAll: "control", switch: "control" };

/** In place of a dialog whose button would be refused, opened by a key or from the palette. */
export function NotAllowed() {
  const { t } = useWords();
  const kind = useDialog()?.kind;
  const [mayControl, mayFlatten] = [useMay("control"), useMay("danger")];
  const needs = kind && NEEDS[kind];
  const opened = (needs === "control" && !mayControl) || (needs === "danger" && !mayFlatten);
  return (
    <Modal opened={opened} onClose={closeDialog} title={t(mayControl ? "access.notOwner" : "access.readOnly")} size={380} closeButtonProps={{ "aria-label": t("action.back") }}>
      <p className={css.ask}>{t(mayControl ? "access.needsOwner" : "access.readOnlyWhy")}</p>
      <div className={css.tokenActs}><Button data-autofocus onClick={closeDialog}>{t("action.back")}</Button></div>
    </Modal>
  );
}
