import { notifications } from "@mantine/notifications";
import { useEffect } from "react";
import { useWords } from "../lib/i18n";
import type { Gap } from "../stream/apply-message";

const SHOWN_MS = 8000;

/** A hole in the numbers is told, with the two numbers, also when the new snapshot is there before the eye is. */
export function useGapNotice(gap: Gap | null): void {
  const { t } = useWords();
  useEffect(() => {
    if (gap) notifications.show({ id: "gap", title: t("stale.gapTitle"), message: t("stale.gapSeen", gap), color: "yellow", autoClose: SHOWN_MS });
  }, [gap, t]);
}
