// Runs in the sandbox before each page: puts the typed bridge on `window.picket`, and nothing of Electron itself.
import { contextBridge, type IpcRendererEvent, ipcRenderer } from "electron";
import { type Bridge, channels, type Update } from "../../contract/bridge.ts";

const bridge: Bridge = {
  call: (method, params) => ipcRenderer.invoke(channels.call, { method, params }),
  shell: (request) => ipcRenderer.invoke(channels.shell, request).then(() => undefined),
  saveHistory: (asked) => ipcRenderer.invoke(channels.saveHistory, asked),
  listFile: (request) => ipcRenderer.invoke(channels.listFile, request),
  follow: (listener) => {
    const hear = (_event: IpcRendererEvent, update: Update): void => listener(update);
    ipcRenderer.on(channels.update, hear);
    ipcRenderer.send(channels.follow);
    return () => ipcRenderer.off(channels.update, hear);
  },
};

contextBridge.exposeInMainWorld("picket", bridge);
