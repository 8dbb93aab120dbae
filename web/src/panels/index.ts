export { MapPanel } from './map/map_panel';
