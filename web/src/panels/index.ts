export { MapPanel } from './map/map_panel';
export { Inspector } from './inspector/inspector';
