/**
 * The kernel package of a medium. The cloud kernel is small and has what a virtual machine offers: virtio, SATA, SCSI,
 * USB and CD-ROM. It has no graphics beyond the firmware's, and few drivers for real machines: desktops and
 * hypervisors get the full one.
 */
export const kernelPackage = (needs: { graphical: boolean; hypervisor: boolean; hardware: boolean }): string =>
  needs.graphical || needs.hypervisor || needs.hardware ? 'linux-image-amd64' : 'linux-image-cloud-amd64';
