export { MapPanel } from './map/map_panel';
export { Inspector } from './inspector/inspector';
export { Controls } from './controls/controls';
export { TokenMenu } from './menu/token_menu';
export { CorpusView } from './corpus/corpus_view';
