import { CancelAllDialog } from "../features/orders/CancelAll";
import { FlattenDialog } from "../features/position/FlattenDialog";
import { closeDialog, useDialog } from "../lib/dialogs";
import { KeySheet } from "./KeySheet";
import { PageMenu } from "./PageMenu";
import { Palette } from "./Palette";
import { SwitchDialog } from "./SwitchDialog";
import type { PageProps } from "./page-props";

/** Every dialog that more than one place opens. */
export function Dialogs(page: PageProps) {
  const open = useDialog();
  return (
    <>
      <FlattenDialog market={open?.kind === "flatten" ? open.market : page.market} opened={open?.kind === "flatten"} onClose={closeDialog} />
      <CancelAllDialog />
      <SwitchDialog />
      <Palette {...page} />
      <KeySheet />
      <PageMenu />
    </>
  );
}
