import './compare/compare_view';
import './head/head_view';
import './matrix/matrix_view';
import './model/model_view';
import './neuron/neuron_view';
