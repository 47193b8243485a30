# A boot sector that asks one question: does this accelerator run what a kernel does at start?
# Real mode -> protected mode -> long mode with paging, an exception through an IDT and back, a fixed loop
# whose sum is checked. A weaker sector (real mode only) passes on accelerators where a kernel hangs.
#
# Ports: 0xe9 is isa-debugcon: 'S' before the timed loop, 'E' after it, then "ok" or "no".
#        0xf4 is isa-debug-exit: QEMU exits with (value << 1) | 1, so 0x10 -> 33 (pass), 0x11 -> 35 (fail).
#
# probe-sector.ts holds the assembled bytes; `node packages/vm-tester/src/host/assemble-probe.ts` makes it anew.

        .set    DEBUGCON, 0xe9
        .set    DEBUG_EXIT, 0xf4
        .set    PML4, 0x1000
        .set    PDPT, 0x2000
        .set    PD, 0x3000
        .set    IDT, 0x4000
        .set    SCRATCH, 0x6000
        .set    ROUNDS, 20000000
        # The sum of 1..ROUNDS, modulo 2^64.
        .set    EXPECTED, ROUNDS * (ROUNDS + 1) / 2

        .code16
        .globl  _start
_start:
        cli
        cld
        ljmp    $0, $flat
flat:
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movw    $0x7000, %sp            # not in the code's page: TCG would retranslate it at every call

        # Page tables: the first 2 MiB, identity-mapped by one large page.
        movw    $PML4, %di
        movw    $0x3000, %cx            # 0x1000..0x6fff: tables, the IDT, SCRATCH
        rep stosw
        movw    $PDPT + 3, PML4         # present, writable
        movw    $PD + 3, PDPT
        movw    $0x83, PD               # present, writable, 2 MiB

        # The interrupt gate for #UD (vector 6): selector 0x18, present, 64-bit interrupt gate.
        movw    $handler, IDT + 6 * 16
        movw    $0x18, IDT + 6 * 16 + 2
        movw    $0x8e00, IDT + 6 * 16 + 4

        lgdt    gdt_pointer
        movl    %cr0, %eax
        orb     $1, %al                 # PE
        movl    %eax, %cr0
        ljmp    $0x08, $protected

        .code32
protected:
        movw    $0x10, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movl    $0x7000, %esp
        movl    %cr4, %eax
        orb     $0x20, %al              # PAE
        movl    %eax, %cr4
        movl    $PML4, %eax
        movl    %eax, %cr3
        movl    $0xc0000080, %ecx       # EFER
        rdmsr
        orb     $1, %ah                 # LME
        wrmsr
        movl    %cr0, %eax
        orl     $0x80000000, %eax       # PG
        movl    %eax, %cr0
        ljmp    $0x18, $long_mode

        .code64
long_mode:
        lidt    idt_pointer
        movb    $'S', %al
        outb    %al, $DEBUGCON

        # The timed loop: arithmetic, memory, a call and a return per round, as ordinary code has.
        xorl    %ebx, %ebx
        movl    $ROUNDS, %ecx
1:      call    add_round
        decl    %ecx
        jnz     1b
        movb    $'E', %al
        outb    %al, $DEBUGCON

        # The exception: the handler steps over ud2 and marks that it ran.
        xorl    %edx, %edx
        ud2
        cmpl    $0x5a, %edx
        jne     fail
        movabsq $EXPECTED, %rax
        cmpq    %rax, SCRATCH
        jne     fail

        movb    $'o', %al
        outb    %al, $DEBUGCON
        movb    $'k', %al
        outb    %al, $DEBUGCON
        movb    $0x10, %al
        jmp     leave
fail:
        movb    $'n', %al
        outb    %al, $DEBUGCON
        movb    $'o', %al
        outb    %al, $DEBUGCON
        movb    $0x11, %al
leave:
        outb    %al, $DEBUG_EXIT
        hlt
        jmp     leave

add_round:
        addq    %rcx, SCRATCH
        ret

handler:
        movl    $0x5a, %edx
        addq    $2, (%rsp)              # past ud2
        iretq

        .balign 8
gdt:
        .quad   0
        .quad   0x00cf9a000000ffff      # 0x08: 32-bit code
        .quad   0x00cf92000000ffff      # 0x10: data
        .quad   0x00af9a000000ffff      # 0x18: 64-bit code
gdt_pointer:
        .word   gdt_pointer - gdt - 1
        .long   gdt
idt_pointer:
        .word   7 * 16 - 1
        .quad   IDT

        .org    510
        .word   0xaa55
