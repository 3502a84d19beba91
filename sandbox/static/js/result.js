// @ts-check
/** The page on which a window ends that was sent without the script of `send.js`. */
import { deliver } from "./deliver.js";

deliver();
document.documentElement.dataset.ready = "true";
