import { CancelAllDialog } from "../features/orders/CancelAll";
import { FlattenDialog } from "../features/position/FlattenDialog";
import { useMay } from "../lib/access";
import { closeDialog, useDialog } from "../lib/dialogs";
import { KeySheet } from "./KeySheet";
import { NotAllowed } from "./NotAllowed";
import { PageMenu } from "./PageMenu";
import { Palette } from "./Palette";
import { SwitchDialog } from "./SwitchDialog";
import type { PageProps } from "./page-props";

/** Every dialog that more than one place opens. */
export function Dialogs(page: PageProps) {
  const open = useDialog();
  const mayFlatten = useMay("danger");
  return (
    <>
      <FlattenDialog market={open?.kind === "flatten" ? open.market : page.market} opened={open?.kind === "flatten" && mayFlatten} onClose={closeDialog} />
      <CancelAllDialog />
      <SwitchDialog />
      <NotAllowed />
      <Palette {...page} />
      <KeySheet />
      <PageMenu />
    </>
  );
}
