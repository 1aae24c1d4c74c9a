// Pages before the portal need only the form behaviours.
import "./behaviours/forms.js";
