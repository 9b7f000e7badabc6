import { ConfigForm } from "../../features/bot/ConfigForm";
import type { PageProps } from "../page-props";
import css from "./pages.module.css";

/** Every setting of the bot. */
export default function ConfigurationPage({ market }: PageProps) {
  return <main className={css.page}><ConfigForm market={market} /></main>;
}
