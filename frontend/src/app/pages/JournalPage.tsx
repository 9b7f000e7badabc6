import { TablesArea } from "../areas/TablesArea";
import css from "./pages.module.css";

/** All tables, over the whole page. */
export default function JournalPage() {
  return <main className={css.page}><TablesArea whole /></main>;
}
