// The behaviours of the staff pages. Each file minds one thing and works on what it finds by data attribute.
import "./behaviours/htmx.js";
import "./behaviours/announce.js";
import "./behaviours/theme.js";
import "./behaviours/menus.js";
import "./behaviours/dialogs.js";
import "./behaviours/rows.js";
import "./behaviours/selection.js";
import "./behaviours/toasts.js";
import "./behaviours/copy.js";
import "./behaviours/forms.js";
import "./behaviours/polling.js";
import "./behaviours/peek.js";
import "./behaviours/results.js";
import "./behaviours/palette.js";
import "./behaviours/keys.js";
import "./behaviours/lists.js";
import "./scan/engine.js";
