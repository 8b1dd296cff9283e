# SPDX-License-Identifier: BSD-3-Clause
"""One SVG per CPU model: the traps as bars, gz.bin beside KVM.

Never: draw a bar for a cell that was not measured.
Used by: tools/bench --plots.
"""
import os

from .table import ROWS, TITLES

SHOWN = ["hypercall", "vgic_read", "vgic_write", "mmio_read_user", "ioeventfd_kick", "irqfd_running", "sgi_running",
         "timer_to_handler", "timer_to_handler_idle", "touch_4k_absent", "touch_4k_present", "touch_2m_present"]
COLOURS = {"gz": "#1b6ca8", "nvhe": "#c9a227", "vhe": "#8fb339", "protected": "#b5532a", "nvhe73": "#9a8f97",
           "protected73": "#6b4e71"}
BAR, GAP, LEFT, WIDTH = 11, 14, 330, 560


def bars(columns, rows):
    """The drawing's elements and its height."""
    out, y = [], 34
    most = max(c.rows.get(r, 0) for c in columns for r in rows) or 1
    names = dict(ROWS)
    for row in rows:
        out.append(f'<text x="{LEFT - 8}" y="{y + BAR * len(columns) / 2 + 4}" text-anchor="end">{names[row]}</text>')
        for c in columns:
            if row in c.rows:
                width = max(c.rows[row] / most * WIDTH, 1)
                out.append(f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR - 1}" fill="{COLOURS[c.column]}"/>'
                           f'<text x="{LEFT + width + 4:.1f}" y="{y + BAR - 2}">{c.rows[row]}</text>')
            y += BAR
        y += GAP
    return out, y


def legend(columns):
    return [f'<rect x="{LEFT + 140 * i}" y="10" width="10" height="10" fill="{COLOURS[c.column]}"/>'
            f'<text x="{LEFT + 140 * i + 14}" y="19">{TITLES[c.column]}</text>' for i, c in enumerate(columns)]


def write(found, folder):
    os.makedirs(folder, exist_ok=True)
    for cpu in dict.fromkeys(r.cpu for r in found):
        columns = [r for r in found if r.cpu == cpu and r.column in COLOURS]
        rows = [r for r in SHOWN if any(r in c.rows for c in columns)]
        if not rows:
            continue
        drawn, height = bars(columns, rows)
        with open(os.path.join(folder, f"{cpu}.svg"), "w", encoding="utf-8") as f:
            f.write("<!-- SPDX-License-Identifier: BSD-3-Clause -->\n"
                    f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 70}" height="{height}" '
                    'font-family="sans-serif" font-size="10">\n'
                    f'<rect width="100%" height="100%" fill="white"/>\n'
                    f'<text x="8" y="19">Instructions per operation, {cpu}</text>\n'
                    + "\n".join(legend(columns) + drawn) + "\n</svg>\n")
