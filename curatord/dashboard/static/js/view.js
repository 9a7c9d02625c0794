// What every view is made with: Preact without a build step, its templates by htm.
import htm from "htm";
import { h } from "preact";

export { render } from "preact";
export { useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
export const html = htm.bind(h);
