// The next-job page only scans; the server says where to go.
import "./engine.js";
import "./soundcheck.js";
