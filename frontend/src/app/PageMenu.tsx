import { Modal } from "@mantine/core";
import { PageLink } from "../components/ui/PageLink";
import { closeDialog, useDialog } from "../lib/dialogs";
import { useWords } from "../lib/i18n";
import { PAGES, useRoute } from "../lib/route";
import css from "./frame.module.css";

/** All pages, for a screen that has no room to list them. */
export function PageMenu() {
  const { t } = useWords();
  const opened = useDialog()?.kind === "pages";
  const route = useRoute();
  return (
    <Modal opened={opened} onClose={closeDialog} title={t("pages.title")} closeButtonProps={{ "aria-label": t("action.back") }}>
      <nav className={css.pageMenu} aria-label={t("pages.title")}>
        {PAGES.map((page) => <PageLink key={page} page={page} current={route.page === page} onOpen={closeDialog}>{t(`pages.${page}`)}</PageLink>)}
      </nav>
    </Modal>
  );
}
