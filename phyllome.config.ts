import { defineConfig } from '@phyllome/cli/config';

/** What Phyllome OS decides for itself. Which Fedora it is for stands in release.json. */
export default defineConfig({
  title: 'Phyllome OS',
  volumeId: 'Phyllome',
  letters: {
    d: { word: 'desktop', means: 'desktop: GNOME' },
    s: { word: 'server', means: 'server: a console, and tools to work at it' },
    n: { word: 'nano', means: 'nano: the smallest system, without documentation' },
    h: { word: 'hypervisor', means: 'hypervisor: QEMU, libvirt, and virt-manager on a desktop' },
    i: { word: 'intel', means: 'for Intel: IOMMU, guests in guests, slices of the GPU' },
    a: { word: 'amd', means: 'for AMD: IOMMU, guests in guests' },
  },
});
