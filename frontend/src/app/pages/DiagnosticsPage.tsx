import { Diagnostics } from "../../features/health/Diagnostics";
import css from "./pages.module.css";

/** What an engineer wants to know: sources, viewers, commands. */
export default function DiagnosticsPage() {
  return <main className={css.page}><Diagnostics /></main>;
}
