const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Keys that say how a network is trained or shown, and nothing about what it computes. */
const ANYWHERE = words(`
  burnin_update clip dont_update dontsave learning_rate onlyforward smooth stopbackward train_only_bn truth
`);

const BOXES = words(`
  absolute beta1 beta_nms bias_match class_scale classfix cls_normalizer coord_scale counters_per_class delta_normalizer
  dets_for_show dets_for_track embedding_layer focal_loss forced ignore_thresh iou_loss iou_normalizer iou_thresh
  iou_thresh_kind jitter label_smooth_eps log map mask_scale max max_delta new_coords nms_kind noobject_scale
  obj_normalizer object_scale objectness_smooth random rescore resize show_details sim_thresh softmax sqrt thresh
  track_ciou_norm track_history_size tree truth_thresh uc_normalizer yolo_point
`);

/** Such keys of single kinds of sections. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  net: words(`
    B1 B2 adam adversarial_lr angle aspect attention augment_speed badlabels_rejection_percentage batch blur burn_in
    center contrastive contrastive_color contrastive_jit_flip cutmix decay dynamic_minibatch ema_alpha eps
    equidistant_point exposure flip gamma gaussian_noise hue label_smooth_eps learning_rate_min letter_box loss_scale
    max_batches max_chart_loss max_crop max_epochs max_ratio min_crop min_ratio mixup momentum mosaic mosaic_bound
    notruth num_sigmas_reject_badlabels optimized_memory policy power random resize_step saturation scale scales seen
    seq_scales sequential_subdivisions sgdr_cycle sgdr_mult show_receptive_field step steps subdivisions track
    try_fix_nan unsupervised use_cuda_graph weights_reject_freq workspace_size_limit_MB
  `),
  convolutional: words(
    'angle bin_output coordconv dot grad_centr reverse rotate stream stretch stretch_sway sway wait_stream',
  ),
  conv_lstm: words('time_normalizer'),
  cost: words('ratio scale type'),
  crop: words('angle exposure flip saturation shift'),
  detection: [...BOXES, 'reorg'],
  dropout: words('dropblock dropblock_size_abs dropblock_size_rel probability'),
  Gaussian_yolo: BOXES,
  implicit: words('mean std'),
  maxpool: words('maxpool_zero_nonmax'),
  region: BOXES,
  route: words('stream wait_stream'),
  softmax: words('noloss'),
  yolo: BOXES,
};

/** Short names of sections and those they stand for. */
const LONG: Readonly<Record<string, string>> = {
  network: 'net', conv: 'convolutional', max: 'maxpool', soft: 'softmax', implicit_add: 'implicit',
  implicit_mul: 'implicit',
}; // prettier-ignore

/** Keys of a section that Darknet or its forks know and an import has no use for. */
export function unusedKeys(type: string): ReadonlySet<string> {
  const own = OWN[LONG[type] ?? type] ?? [];
  return new Set([...ANYWHERE, ...own]);
}
