import { Icon, type IconName } from "../../components/ui/Icon";
import { useWords } from "../../lib/i18n";
import type { Tier } from "../../lib/risk";
import css from "./RiskMeters.module.css";

const SHAPES: Readonly<Record<Tier, IconName>> = { green: "disc", yellow: "triangle", orange: "diamond", red: "square" };

/** The tier by shape, word and meaning; colour only repeats it. */
export function TierBadge({ tier }: { tier: Tier }) {
  const { t } = useWords();
  return <span className={`${css.tier} ${css[tier]}`} data-testid="tier"><Icon name={SHAPES[tier]} size={11} />{t(`tier.${tier}`)}</span>;
}
