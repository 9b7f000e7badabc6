import { Diagnostics } from "../../features/health/Diagnostics";
import { Commands } from "../../features/journal/Commands";
import css from "./pages.module.css";

/** What an engineer wants to know: sources, viewers, commands. */
export default function DiagnosticsPage() {
  return <main className={css.page}><Diagnostics commands={<Commands />} /></main>;
}
