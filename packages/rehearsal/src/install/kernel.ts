import { editionArchitecture } from '@phyllome/host/architecture';

const { debian } = editionArchitecture;
const [linuxImage, cloudImage] = [`linux-image-${debian}`, `linux-image-cloud-${debian}`];

/**
 * The kernel package of a medium. The cloud kernel is small and has what a virtual machine offers: virtio, SATA, SCSI,
 * USB and CD-ROM. It has no graphics beyond the firmware's, and few drivers for real machines: desktops and
 * hypervisors get the full one.
 */
export const kernelPackage = (needs: { graphical: boolean; hypervisor: boolean; hardware: boolean }): string =>
  needs.graphical || needs.hypervisor || needs.hardware ? linuxImage : cloudImage;
