import { Panel } from "../components/ui/Panel";
import { useWords } from "../lib/i18n";

export function PricePanel({ market }: { market: string }) {
  const { t } = useWords();
  return <Panel title={t("chart.title")} note={market}><div /></Panel>;
}
