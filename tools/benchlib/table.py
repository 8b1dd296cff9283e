# SPDX-License-Identifier: BSD-3-Clause
"""The table and the JSON file of a bench, and the gate's comparison with the recorded budget.

Never: fill a cell that was not measured.
Used by: tools/bench.
"""
import json
import os

from gzpy import paths

from .cells import Wrong

BUDGET = os.path.join(paths.TOP, "docs", "performance", "budget.json")
SLACK = 1.03
NOT_BUILT = "not built"

# row, what it is
ROWS = [
    ("hypercall", "hypercall answered (drawn from all that are)"),
    ("psci_version", "PSCI_VERSION"),
    ("vgic_read", "vGIC register read"),
    ("vgic_write", "vGIC register write (one SPI on or off)"),
    ("vgic_write_priority", "vGIC register write (one priority)"),
    ("timer_program", "timer programmed"),
    ("eoi", "end of interrupt"),
    ("mmio_read_user", "MMIO read answered by `gz`"),
    ("mmio_write_user", "MMIO write answered by `gz`"),
    ("ioeventfd_kick", "ioeventfd kick until the host thread runs"),
    ("irqfd_running", "irqfd to handler, vCPU running"),
    ("irqfd_idle", "irqfd to handler, vCPU idle"),
    ("sgi_running", "SGI to a running vCPU, both CPUs' work"),
    ("sgi_idle", "SGI to an idle vCPU, both CPUs' work"),
    ("timer_to_handler", "timer expiry to handler, vCPU running"),
    ("timer_to_handler_idle", "timer expiry to handler, vCPU idle"),
    ("first_touch", "first touch per 4 KiB, as `gz` gets its memory"),
    ("touch_4k_absent", "first touch per 4 KiB: 4 KiB backing, host page absent"),
    ("touch_4k_present", "first touch per 4 KiB: 4 KiB backing, host page present"),
    ("touch_2m_absent", "first touch per 4 KiB: 2 MiB backing, host page absent"),
    ("touch_2m_present", "first touch per 4 KiB: 2 MiB backing, host page present"),
    ("touch_protected_absent", "first touch per 4 KiB, protected VM: 4 KiB backing, host page absent"),
    ("touch_protected_present", "first touch per 4 KiB, protected VM: 4 KiB backing, host page present"),
    ("touch_protected_2m_absent", "first touch per 4 KiB, protected VM: 2 MiB backing, host page absent"),
    ("touch_protected_2m_present", "first touch per 4 KiB, protected VM: 2 MiB backing, host page present"),
    ("share_unshare", "share and unshare of a page, protected VM"),
    ("relinquish", "a page given back by the guest, protected VM"),
    ("teardown_4k_present", "teardown per 4 KiB, 4 KiB backing"),
    ("teardown_2m_present", "teardown per 4 KiB, 2 MiB backing"),
    ("teardown_protected_present", "teardown per 4 KiB, protected VM, scrub included"),
    ("teardown_protected_2m_present", "teardown per 4 KiB, protected VM with 2 MiB backing, scrub included"),
    ("vm_create_to_first", "VM create to the guest's first C line"),
    ("vm_teardown_empty", "teardown of a VM that did nothing"),
    ("vm_create_protected", "the same creation, protected VM"),
    ("vm_teardown_protected_empty", "the same teardown, protected VM"),
    ("host_boot_to_init", "host: power-on to init"),
    ("host_boot_in_el2", "of these in gz.bin's EL2 (its own start included)"),
    ("host_getppid", "host: getppid"),
    ("host_page_fault", "host: page fault"),
    ("host_fork_exec", "host: fork, exec, exit, wait"),
    ("host_switch", "host: context switch by a pipe"),
    ("host_tick", "host: timer tick"),
    ("host_copy_mib", "host: copy of 1 MiB"),
    ("host_disk_read", "host: read of 1 MiB from a RAM disk"),
    ("host_disk_write", "host: write of 1 MiB to a RAM disk"),
    ("host_net", "host: 1 MiB by TCP to itself"),
    ("el2_entry_to_host", "gz.bin's entry to the host's first instruction"),
    ("linux_boot", "Linux guest: its first instruction to init"),
    ("protected_linux_boot", "the same, protected VM"),
    ("protected_hypercall", "hypercall, protected VM"),
    ("protected_psci_version", "PSCI_VERSION, protected VM"),
    ("protected_vgic_read", "vGIC register read, protected VM"),
    ("protected_vgic_write", "vGIC register write (one SPI on or off), protected VM"),
    ("protected_mmio_read_user", "MMIO read answered by `gz`, protected VM"),
    ("protected_mmio_write_user", "MMIO write answered by `gz`, protected VM"),
    ("protected_sgi_running", "SGI to a running vCPU, protected VM"),
    ("protected_timer_to_handler", "timer expiry to handler, vCPU running, protected VM"),
    ("dma_map", "DMA window changed"),
]
# Rows that come in families: the same words with what varies, in the order of the table.
TRANSFERS = [("disk_read", "virtio-blk read"), ("disk_write", "virtio-blk write"), ("net_send", "virtio-net send, TCP"),
             ("net_recv", "virtio-net receive, TCP")]
REASONS = [("", "exits to the host"), ("_mmio", "of these MMIO"), ("_idle", "of these WFI"), ("_irq", "of these an interrupt"),
           ("_fault", "of these a page fault"), ("_other", "of these any other")]
GROWTH = [("create", "create to first C line"), ("touch", "first touch of all"), ("teardown", "teardown")]
KINDS = [("", ""), ("protected", ", protected VM")]


def io_rows():
    for kind, text in KINDS:
        for op, what in TRANSFERS:
            name = f"{kind}_{op}" if kind else op
            yield name, f"{what}, per MiB{text}"
            yield from ((f"{name}_exits{reason}", f"{what}, 64 MiB: {why}{text}") for reason, why in REASONS)


def growth_rows():
    for kind, text in KINDS:
        end = f"_{kind}" if kind else ""
        for op, what in GROWTH:
            yield from ((f"grow_{op}{end}_{mib}", f"{mib} MiB touched: {what}{text}") for mib in (64, 256, 1024))
        yield from ((f"grow_nth_vm{end}_{n}", f"VM number {n}: create to first C line{text}") for n in (1, 4, 16))
        yield from ((f"grow_end_of_nth_vm{end}_{n}", f"VM number {n}: teardown{text}") for n in (1, 16))
        yield f"grow_el2_pages_of_vms{end}_16", f"EL2's pool pages that 16 VMs take{text}"


ROWS[-1:-1] = [*io_rows(), *growth_rows(), *((f"el2_memory_mib_{g}", f"EL2 keeps of {g} GiB, MiB") for g in (1, 4, 8))]
# A row over the same row of the bare machine, in thousandths.
RATIOS = {"linux_boot": "linux_boot", "protected_linux_boot": "linux_boot", "host_boot_to_init": "host_boot_to_init",
          "host_disk_read": "host_disk_read", "host_net": "host_net"}
UNBUILT = {"dma_map"}
TITLES = {"bare": "bare EL1", "gz": "gz.bin", "nvhe": "KVM nVHE", "vhe": "KVM VHE", "protected": "KVM protected",
          "nvhe73": "KVM nVHE, Linux 7.3", "protected73": "KVM protected, Linux 7.3"}


def cell(result, row):
    if row in result.rows:
        return f"{result.rows[row]:,}".replace(",", " ")
    return NOT_BUILT if row in UNBUILT and result.column == "gz" else ""


def ratios(columns, row):
    """The row's line of ratios to bare EL1, or none."""
    base = next((c.rows.get(RATIOS[row]) for c in columns if c.column == "bare"), None)
    if not base:
        return []
    cells = [f"{c.rows[row] / base:.4f}" if row in c.rows and c.column != "bare" else "" for c in columns]
    return ["| ... over bare EL1 | " + " | ".join(cells) + " |"] if any(cells) else []


def longest(columns):
    """EL2's longest stays, interrupts masked: a list of their own, dearest first."""
    rows = {r: v for c in columns for r, v in c.rows.items() if r.startswith("longest_")}
    if not rows:
        return []
    lines = ["\nLongest stretch in EL2 with interrupts masked, by what it began with\n", "| Call | Instructions |", "|---|---:|"]
    return lines + [f"| {r[8:]} | {v:,} |".replace(",", " ") for r, v in sorted(rows.items(), key=lambda x: -x[1])]


def of_cpu(found, cpu):
    columns = [r for r in found if r.cpu == cpu]
    lines = [f"\nInstructions per operation, {cpu}\n",
             "| Operation | " + " | ".join(TITLES[r.column] for r in columns) + " |",
             "|---|" + "---:|" * len(columns)]
    for row, text in ROWS:
        cells = [cell(r, row) for r in columns]
        if any(cells):
            lines.append(f"| {text} | " + " | ".join(cells) + " |")
            lines += ratios(columns, row) if row in RATIOS else []
    lines += longest(columns)
    lines += [f"\n{TITLES[r.column]}: {note}" for r in columns for note in r.notes]
    return "\n".join(lines)


def show(found, path):
    """Prints the tables, writes the JSON file; the process's exit status."""
    for cpu in dict.fromkeys(r.cpu for r in found):
        print(of_cpu(found, cpu))
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        json.dump([{"column": r.column, "cpu": r.cpu, "rows": r.rows, "notes": r.notes} for r in found], f, indent=1)
        f.write("\n")
    print(f"\nbench: {len(found)} cells, {sum(len(r.rows) for r in found)} figures; {os.path.relpath(path)}")
    return 1 if any(r.wrong for r in found) else 0


def judge(rows, budget):
    """One line per budgeted row, and how many are over."""
    over = []
    for row, allowed in budget.items():
        got = rows.get(row)
        bad = got is None or got > allowed * SLACK
        over += [row] if bad else []
        print(f"{'FAIL' if bad else 'ok  '} {row}: {got}, budget {allowed}")
    return over


def gate(result):
    """Compares with the recorded budget; the process's exit status."""
    try:
        with open(BUDGET, encoding="utf-8") as f:
            budget = json.load(f)
    except (OSError, ValueError) as e:
        raise Wrong(f"no budget to compare with: {e}") from e
    over = judge(result.rows, budget)
    if over:
        print("remedy: tools/bench --profile ROW shows where the instructions went; a budget changes in a commit of its own")
    print(f"{len(budget) - len(over)} passed, {len(over)} failed")
    return 1 if over else 0
