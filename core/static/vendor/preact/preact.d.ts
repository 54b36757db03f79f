/* preact 11.2.0 (MIT), htm 3.1.1 (Apache-2.0), @preact/signals 2.11.4 (MIT), @preact/signals-core 1.14.5 (MIT). See LICENSE beside this file. Made by npm run vendor. */
export { Component, Fragment, createContext, createRef, h, render } from "preact";
export {
  useCallback, useContext, useEffect, useId, useLayoutEffect, useMemo, useReducer, useRef, useState,
} from "preact/hooks";
export {
  Signal, batch, computed, effect, signal, untracked, useComputed, useSignal, useSignalEffect,
} from "@preact/signals";
export { html } from "htm/preact";
