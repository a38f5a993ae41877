// What the desktop knows the app by: the name of its desktop entry and of its icon (build/package/tree.ts installs both).
export const appId = "org.picket.Picket";
