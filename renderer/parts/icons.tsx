// The few drawings the windows use, as inline vectors that take the colour of their text. All are decoration: words stand beside them.
import type { ReactNode } from "react";

function Icon({ children, size = 16 }: { children: ReactNode; size?: number }) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

/** Three pales and a rail: a picket fence. */
export function Fence({ size = 24 }: { size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" fill="currentColor" aria-hidden="true">
      <path d="M4 7.2 5.75 4 7.5 7.2V21H4ZM10.25 7.2 12 4l1.75 3.2V21h-3.5ZM16.5 7.2 18.25 4 20 7.2V21h-3.5Z" />
      <path d="M2 9.6h20v1.9H2ZM2 15.6h20v1.9H2Z" />
    </svg>
  );
}

export const Check = () => (
  <Icon>
    <path d="m3.5 8.5 3 3 6-7" />
  </Icon>
);
export const Slash = () => (
  <Icon>
    <circle cx="8" cy="8" r="5.4" />
    <path d="m4.2 4.2 7.6 7.6" />
  </Icon>
);
export const Hourglass = () => (
  <Icon>
    <path d="M4.5 2.5h7M4.5 13.5h7M5.5 2.5c0 3 5 4 5 5.5s-5 2.5-5 5.5M10.5 2.5c0 3-5 4-5 5.5s5 2.5 5 5.5" />
  </Icon>
);
export const Question = () => (
  <Icon>
    <circle cx="8" cy="8" r="6" />
    <path d="M6.2 6.3c.2-2.3 3.8-2 3.6.1C9.7 7.7 8 7.8 8 9.100M8 11.400v.1" />
  </Icon>
);
export const Arrows = () => (
  <Icon>
    <path d="M5 12.500v-9M2.5 6 5 3.5 7.5 6M11 3.500v9M8.5 10 11 12.5 13.5 10" />
  </Icon>
);
export const Lines = () => (
  <Icon>
    <path d="M3 4.200h.1M6 4.200h7M3 8h.1M6 8h7M3 11.800h.1M6 11.800h7" />
  </Icon>
);
export const Bars = () => (
  <Icon>
    <path d="M2.5 13.500h11M4.5 13.500v-4M8 13.500v-10M11.5 13.500v-6.500" />
  </Icon>
);
export const Tray = () => (
  <Icon>
    <path d="M2.5 9.500h3l1 1.800h3l1-1.800h3M2.5 9.500l2-6h7l2 6v3.500h-11Z" />
  </Icon>
);
export const Lens = () => (
  <Icon>
    <circle cx="7" cy="7" r="4.2" />
    <path d="m10.2 10.2 3.3 3.3" />
  </Icon>
);
export const Cross = () => (
  <Icon>
    <path d="m4 4 8 8M12 4l-8 8" />
  </Icon>
);
export const Bin = () => (
  <Icon>
    <path d="M3 4.500h10M6.5 4.500V3h3v1.500M4.5 4.500l.5 8.500h6l.5-8.500M6.8 7v3.800M9.2 7v3.8" />
  </Icon>
);
export const Pencil = () => (
  <Icon>
    <path d="m3.500 12.500.6-2.700 6.600-6.600 2.100 2.100-6.600 6.600ZM9.300 4.600l2.100 2.100" />
  </Icon>
);
export const Plus = () => (
  <Icon>
    <path d="M8 3.500v9M3.500 8h9" />
  </Icon>
);
export const Warning = () => (
  <Icon>
    <path d="M8 2.5 14 13H2ZM8 6.500v3M8 11.200v.1" />
  </Icon>
);
export const Chip = ({ size = 16 }: { size?: number }) => (
  <Icon size={size}>
    <rect x="3" y="3.5" width="10" height="9" rx="1.5" />
    <path d="m5.5 6.5 1.7 1.6-1.7 1.600M8.7 9.900h2" />
  </Icon>
);
export const Chevron = () => (
  <Icon>
    <path d="m6 4 4 4-4 4" />
  </Icon>
);
/** Into a file. */
export const Download = () => (
  <Icon>
    <path d="M8 2.500v7.500M5 7.200 8 10.200l3-3M3 13.200h10" />
  </Icon>
);
/** An eye that is struck out. */
export const Hidden = () => (
  <Icon>
    <path d="M2 8c1.500-2.500 3.600-3.800 6-3.800S12.500 5.500 14 8c-1.500 2.500-3.600 3.800-6 3.800S3.500 10.500 2 8ZM3.500 13 12.500 3" />
  </Icon>
);
export const Dots = () => (
  <Icon>
    <path d="M3.5 8h.1M8 8h.1M12.500 8h.1" />
  </Icon>
);
export const Pause = () => (
  <Icon>
    <path d="M5.5 3.500v9M10.5 3.500v9" />
  </Icon>
);
export const Lock = () => (
  <Icon>
    <rect x="3.5" y="7" width="9" height="6" rx="1.2" />
    <path d="M5.500 7V5.200a2.500 2.500 0 0 1 5 0V7" />
  </Icon>
);
/** An open book: it learns. */
export const Pupil = () => (
  <Icon>
    <path d="M8 3.500C6.500 2.700 4.500 2.600 2.500 3v9.500c2-.4 4-.3 5.500.5 1.500-.8 3.500-.9 5.500-.5V3c-2-.4-4-.3-5.500.5ZM8 3.500V13" />
  </Icon>
);
export const Sliders = () => (
  <Icon>
    <path d="M2.500 5h6M11.500 5h2M2.500 11h2M7.500 11h6" />
    <circle cx="10" cy="5" r="1.500" />
    <circle cx="6" cy="11" r="1.500" />
  </Icon>
);
export const Down = () => (
  <Icon>
    <path d="m4 6 4 4 4-4" />
  </Icon>
);
export const Shield = () => (
  <Icon>
    <path d="M8 2.300 13 4.200V8c0 3-2 4.800-5 5.700C5 12.800 3 11 3 8V4.200ZM6 6l4 4M10 6l-4 4" />
  </Icon>
);
export const Sheets = () => (
  <Icon>
    <path d="m8 2.500 6 3-6 3-6-3ZM2.500 8.300 8 11l5.500-2.700M2.500 11.100 8 13.800l5.500-2.700" />
  </Icon>
);
/** One and its copy. */
export const Pages = () => (
  <Icon>
    <path d="M5.500 5.500h7.500V13H5.500ZM3 10.500V3h7.500" />
  </Icon>
);
export const Squares = () => (
  <Icon>
    <path d="M3 3h4v4H3ZM9 3h4v4H9ZM3 9h4v4H3ZM9 9h4v4H9Z" />
  </Icon>
);
export const Again = () => (
  <Icon>
    <path d="M12.600 6.300A5 5 0 1 0 13 9M13 3v3.400H9.600" />
  </Icon>
);
