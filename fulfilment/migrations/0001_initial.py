import django.db.models.deletion
import django.db.models.expressions
import ordermgmt.money
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('inventory', '0001_initial'),
        ('ordermgmt', '0001_initial'),
        ('orders', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BoxType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('length_mm', models.PositiveIntegerField()),
                ('width_mm', models.PositiveIntegerField()),
                ('height_mm', models.PositiveIntegerField()),
                ('tare_g', models.PositiveIntegerField(verbose_name='own weight (g)')),
                ('max_weight_g', models.PositiveIntegerField(verbose_name='carries (g)')),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'ordering': ['length_mm', 'code'],
            },
        ),
        migrations.CreateModel(
            name='Carrier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=20, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('gateway', models.CharField(default='house', max_length=20)),
                ('tracking_url', models.CharField(blank=True, help_text='With {number}', max_length=200)),
                ('is_active', models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name='CarrierMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=20)),
                ('body', models.TextField()),
                ('body_hash', models.CharField(max_length=64)),
                ('received_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('done', 'Processed'), ('refused', 'Refused')], max_length=10)),
                ('reason', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('source', 'body_hash'), name='carrier_message_once')],
            },
        ),
        migrations.CreateModel(
            name='Carton',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('sscc', models.CharField(max_length=18, unique=True, verbose_name='SSCC')),
                ('weight_g', models.PositiveIntegerField(verbose_name='weight (g)')),
                ('box', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cartons', to='fulfilment.boxtype')),
            ],
        ),
        migrations.CreateModel(
            name='FulfilmentOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True, verbose_name='number')),
                ('status', models.CharField(choices=[('planned', 'Planned'), ('released', 'Released'), ('picking', 'Picking'), ('picked', 'Picked'), ('packing', 'Packing'), ('packed', 'Packed'), ('dispatched', 'Dispatched'), ('cancelled', 'Cancelled')], default='planned', max_length=12, verbose_name='state')),
                ('tote', models.CharField(blank=True, help_text='Letter on the cart, or tote code', max_length=12, verbose_name='tote')),
                ('is_single', models.BooleanField(default=False, help_text='One unit of one item: packed by scanning the item')),
                ('ship_by', models.DateTimeField(blank=True, null=True, verbose_name='ship by')),
                ('pack_beat_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField()),
                ('released_at', models.DateTimeField(blank=True, null=True)),
                ('picking_at', models.DateTimeField(blank=True, null=True)),
                ('picked_at', models.DateTimeField(blank=True, null=True)),
                ('packing_at', models.DateTimeField(blank=True, null=True)),
                ('packed_at', models.DateTimeField(blank=True, null=True)),
                ('dispatched_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='fulfilment_orders', to='orders.order')),
                ('packer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='packed', to=settings.AUTH_USER_MODEL)),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='fulfilment_orders', to='inventory.warehouse')),
            ],
        ),
        migrations.CreateModel(
            name='FulfilmentLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField(verbose_name='units')),
                ('picked', models.PositiveIntegerField(default=0, verbose_name='picked')),
                ('packed', models.PositiveIntegerField(default=0, verbose_name='packed')),
                ('order_line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='work_lines', to='orders.orderline')),
                ('sku', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='work_lines', to='inventory.sku')),
                ('work', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='fulfilment.fulfilmentorder')),
            ],
        ),
        migrations.CreateModel(
            name='Label',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('made', 'Made'), ('void', 'Void')], default='made', max_length=6)),
                ('tracking_number', models.CharField(max_length=40, unique=True, verbose_name='tracking number')),
                ('zpl', models.TextField(blank=True)),
                ('made_at', models.DateTimeField()),
                ('scanned_at', models.DateTimeField(blank=True, help_text='Proved to be on its box', null=True)),
                ('voided_at', models.DateTimeField(blank=True, null=True)),
                ('void_reason', models.CharField(blank=True, max_length=120)),
                ('carton', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='labels', to='fulfilment.carton')),
                ('document', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='labels', to='ordermgmt.storeddocument')),
            ],
        ),
        migrations.CreateModel(
            name='PackBox',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('weight_g', models.PositiveIntegerField(blank=True, null=True, verbose_name='weight (g)')),
                ('box', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='fulfilment.boxtype')),
                ('work', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='boxes', to='fulfilment.fulfilmentorder')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.CreateModel(
            name='PackItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField(verbose_name='units')),
                ('box', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='fulfilment.packbox')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='packings', to='fulfilment.fulfilmentline')),
            ],
        ),
        migrations.CreateModel(
            name='PickTask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField(verbose_name='units')),
                ('picked', models.PositiveIntegerField(default=0, verbose_name='picked')),
                ('short', models.PositiveIntegerField(default=0, verbose_name='short')),
                ('short_reason', models.CharField(blank=True, choices=[('not_found', 'Not found'), ('damaged', 'Damaged'), ('wrong_item', 'Wrong item here')], max_length=12)),
                ('is_skipped', models.BooleanField(default=False)),
                ('bin', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pick_tasks', to='inventory.bin')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tasks', to='fulfilment.fulfilmentline')),
                ('lot', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='pick_tasks', to='inventory.lot')),
            ],
        ),
        migrations.CreateModel(
            name='Pickup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('leaves_at', models.TimeField(verbose_name='truck leaves (local time)')),
                ('carrier', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pickups', to='fulfilment.carrier')),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pickups', to='inventory.warehouse')),
            ],
        ),
        migrations.CreateModel(
            name='ScanEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('device', models.CharField(max_length=40)),
                ('sequence', models.PositiveBigIntegerField()),
                ('at', models.DateTimeField()),
                ('station', models.CharField(max_length=20)),
                ('task', models.CharField(blank=True, max_length=40)),
                ('code', models.CharField(max_length=120)),
                ('verdict', models.CharField(choices=[('accepted', 'Accepted'), ('line_done', 'Line done'), ('job_done', 'Job done'), ('wrong', 'Wrong item or place'), ('unknown', 'Unknown code'), ('extra', 'One too many'), ('stop', 'Stop'), ('command', 'Command')], max_length=10)),
                ('milliseconds', models.PositiveIntegerField(default=0)),
                ('answer', models.JSONField(default=dict)),
                ('effect', models.JSONField(blank=True, default=dict)),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scans', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Shipment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True, verbose_name='number')),
                ('status', models.CharField(choices=[('packed', 'Label made'), ('dispatched', 'Handed over'), ('delivered', 'Delivered'), ('returned', 'Returned to sender'), ('cancelled', 'Cancelled')], default='packed', max_length=12, verbose_name='state')),
                ('carrier_status', models.CharField(choices=[('pending', 'Label made'), ('picked_up', 'Picked up'), ('on_hold', 'On hold at the carrier'), ('in_transit', 'On its way'), ('out_for_delivery', 'Out for delivery'), ('ready_for_pickup', 'Waits at a pick-up point'), ('delivered', 'Delivered'), ('delivery_delayed', 'Delayed'), ('delivery_failed', 'Delivery failed'), ('return_to_sender', 'Going back to the sender'), ('cancelled', 'Cancelled'), ('unknown', 'Unknown')], default='pending', max_length=20, verbose_name='carrier says')),
                ('service', models.CharField(max_length=40, verbose_name='service')),
                ('cost', ordermgmt.money.MoneyField(decimal_places=4, default=0, max_digits=18, verbose_name='cost')),
                ('transit_days', models.PositiveSmallIntegerField(default=2)),
                ('expected_on', models.DateField(blank=True, null=True, verbose_name='expected')),
                ('packed_at', models.DateTimeField()),
                ('packed_by', models.CharField(max_length=120)),
                ('dispatched_at', models.DateTimeField(blank=True, null=True)),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
                ('returned_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('last_event_at', models.DateTimeField(blank=True, null=True)),
                ('problem', models.CharField(blank=True, max_length=200, verbose_name='problem')),
                ('carrier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='fulfilment.carrier')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='orders.order')),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='inventory.warehouse')),
                ('work', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shipments', to='fulfilment.fulfilmentorder')),
            ],
        ),
        migrations.AddField(
            model_name='carton',
            name='shipment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cartons', to='fulfilment.shipment'),
        ),
        migrations.CreateModel(
            name='ShipmentLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.PositiveIntegerField(verbose_name='units')),
                ('carton', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='fulfilment.carton')),
                ('lot', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='shipment_lines', to='inventory.lot')),
                ('order_line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shipment_lines', to='orders.orderline')),
                ('shipment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='fulfilment.shipment')),
                ('sku', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shipment_lines', to='inventory.sku')),
            ],
        ),
        migrations.CreateModel(
            name='TrackingEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=20)),
                ('event_id', models.CharField(max_length=120)),
                ('status', models.CharField(choices=[('pending', 'Label made'), ('picked_up', 'Picked up'), ('on_hold', 'On hold at the carrier'), ('in_transit', 'On its way'), ('out_for_delivery', 'Out for delivery'), ('ready_for_pickup', 'Waits at a pick-up point'), ('delivered', 'Delivered'), ('delivery_delayed', 'Delayed'), ('delivery_failed', 'Delivery failed'), ('return_to_sender', 'Going back to the sender'), ('cancelled', 'Cancelled'), ('unknown', 'Unknown')], max_length=20)),
                ('raw_status', models.CharField(blank=True, max_length=80)),
                ('message', models.CharField(blank=True, max_length=300)),
                ('place', models.CharField(blank=True, max_length=120)),
                ('incident', models.CharField(blank=True, help_text='carrier_*, consignee_*, … (who owes whom)', max_length=60)),
                ('happened_at', models.DateTimeField()),
                ('received_at', models.DateTimeField()),
                ('payload', models.JSONField(blank=True, default=dict)),
                ('shipment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='fulfilment.shipment')),
            ],
        ),
        migrations.CreateModel(
            name='Wave',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True, verbose_name='number')),
                ('kind', models.CharField(choices=[('singles', 'Singles'), ('multi', 'Several items'), ('bulk', 'One item in bulk')], max_length=10, verbose_name='kind')),
                ('status', models.CharField(choices=[('open', 'Open'), ('picking', 'Picking'), ('done', 'Picked'), ('cancelled', 'Cancelled')], default='open', max_length=10, verbose_name='state')),
                ('claimed_at', models.DateTimeField(blank=True, null=True)),
                ('beat_at', models.DateTimeField(blank=True, null=True)),
                ('at_tote', models.CharField(blank=True, help_text='Tote last scanned', max_length=12)),
                ('awaits_tote', models.CharField(blank=True, help_text='Goods in hand go into this tote', max_length=12)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.CharField(max_length=120)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('at_bin', models.ForeignKey(blank=True, help_text='Last scanned', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='inventory.bin')),
                ('picker', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='waves', to=settings.AUTH_USER_MODEL)),
                ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='waves', to='inventory.warehouse')),
            ],
        ),
        migrations.AddField(
            model_name='fulfilmentorder',
            name='wave',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='fulfilment_orders', to='fulfilment.wave'),
        ),
        migrations.CreateModel(
            name='AutoRelease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_on', models.BooleanField(default=False, verbose_name='on')),
                ('every_minutes', models.PositiveSmallIntegerField(default=30, verbose_name='minutes between releases')),
                ('orders', models.PositiveSmallIntegerField(default=24, verbose_name='orders that are enough at once')),
                ('released_at', models.DateTimeField(blank=True, null=True, verbose_name='last released')),
                ('changed_at', models.DateTimeField(verbose_name='changed')),
                ('changed_by', models.CharField(max_length=120, verbose_name='changed by')),
                ('warehouse', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='auto_release', to='inventory.warehouse')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('every_minutes__gte', 5), ('every_minutes__lte', 480)), name='auto_release_minutes'), models.CheckConstraint(condition=models.Q(('orders__gte', 1), ('orders__lte', 500)), name='auto_release_orders')],
            },
        ),
        migrations.CreateModel(
            name='CarrierRate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service', models.CharField(max_length=40, verbose_name='service')),
                ('country', models.CharField(help_text='Destination; ** is anywhere else', max_length=2, verbose_name='country')),
                ('max_weight_g', models.PositiveIntegerField(verbose_name='up to (g)')),
                ('price', ordermgmt.money.MoneyField(decimal_places=4, max_digits=18, verbose_name='price')),
                ('transit_days', models.PositiveSmallIntegerField(verbose_name='days')),
                ('carrier', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rates', to='fulfilment.carrier')),
            ],
            options={
                'ordering': ['country', 'service', 'max_weight_g'],
                'constraints': [models.UniqueConstraint(fields=('carrier', 'service', 'country', 'max_weight_g'), name='rate_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='fulfilmentline',
            constraint=models.UniqueConstraint(fields=('work', 'order_line'), name='work_line_once'),
        ),
        migrations.AddConstraint(
            model_name='fulfilmentline',
            constraint=models.CheckConstraint(condition=models.Q(('picked__lte', models.F('quantity')), ('packed__lte', models.F('picked'))), name='work_line_in_order'),
        ),
        migrations.AddIndex(
            model_name='label',
            index=models.Index(condition=models.Q(('voided_at__isnull', False)), fields=['voided_at'], name='label_voided'),
        ),
        migrations.AddConstraint(
            model_name='label',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'made')), fields=('carton',), name='one_live_label'),
        ),
        migrations.AddConstraint(
            model_name='packbox',
            constraint=models.UniqueConstraint(fields=('work', 'position'), name='pack_box_position'),
        ),
        migrations.AddConstraint(
            model_name='packitem',
            constraint=models.UniqueConstraint(fields=('box', 'line'), name='pack_item_once'),
        ),
        migrations.AddConstraint(
            model_name='packitem',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 1)), name='pack_item_has_units'),
        ),
        migrations.AddIndex(
            model_name='picktask',
            index=models.Index(fields=['bin'], name='task_bin'),
        ),
        migrations.AddIndex(
            model_name='picktask',
            index=models.Index(condition=models.Q(('short__gt', 0)), fields=['bin'], name='task_short'),
        ),
        migrations.AddConstraint(
            model_name='picktask',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', django.db.models.expressions.CombinedExpression(models.F('picked'), '+', models.F('short')))), name='task_picked_within'),
        ),
        migrations.AddConstraint(
            model_name='pickup',
            constraint=models.UniqueConstraint(fields=('warehouse', 'carrier'), name='pickup_once'),
        ),
        migrations.AddIndex(
            model_name='scanevent',
            index=models.Index(fields=['by', '-at'], name='scan_by'),
        ),
        migrations.AddIndex(
            model_name='scanevent',
            index=models.Index(fields=['task', '-id'], name='scan_task'),
        ),
        migrations.AddConstraint(
            model_name='scanevent',
            constraint=models.UniqueConstraint(fields=('device', 'sequence'), name='scan_once'),
        ),
        migrations.AddIndex(
            model_name='shipment',
            index=models.Index(fields=['status', '-packed_at', '-id'], name='shipment_status'),
        ),
        migrations.AddIndex(
            model_name='shipment',
            index=models.Index(fields=['-packed_at', '-id'], name='shipment_packed'),
        ),
        migrations.AddIndex(
            model_name='shipment',
            index=models.Index(fields=['order'], name='shipment_order'),
        ),
        migrations.AddIndex(
            model_name='shipment',
            index=models.Index(fields=['dispatched_at'], name='shipment_dispatched'),
        ),
        migrations.AddIndex(
            model_name='shipment',
            index=models.Index(fields=['delivered_at'], name='shipment_delivered'),
        ),
        migrations.AddIndex(
            model_name='shipment',
            index=models.Index(condition=models.Q(('problem', ''), _negated=True), fields=['order'], name='shipment_problem'),
        ),
        migrations.AddConstraint(
            model_name='shipment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['dispatched', 'delivered', 'returned']), _negated=True), ('dispatched_at__isnull', False), _connector='OR'), name='shipment_dispatched_pair'),
        ),
        migrations.AddConstraint(
            model_name='shipment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'delivered'), _negated=True), ('delivered_at__isnull', False), _connector='OR'), name='shipment_delivered_pair'),
        ),
        migrations.AddConstraint(
            model_name='carton',
            constraint=models.UniqueConstraint(fields=('shipment', 'position'), name='carton_position'),
        ),
        migrations.AddConstraint(
            model_name='shipmentline',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 1)), name='shipment_line_has_units'),
        ),
        migrations.AddIndex(
            model_name='trackingevent',
            index=models.Index(fields=['shipment', '-happened_at'], name='tracking_shipment'),
        ),
        migrations.AddConstraint(
            model_name='trackingevent',
            constraint=models.UniqueConstraint(fields=('source', 'event_id'), name='tracking_once'),
        ),
        migrations.AddIndex(
            model_name='wave',
            index=models.Index(fields=['warehouse', 'status'], name='wave_status'),
        ),
        migrations.AddIndex(
            model_name='fulfilmentorder',
            index=models.Index(fields=['warehouse', 'status', 'ship_by'], name='work_status'),
        ),
        migrations.AddIndex(
            model_name='fulfilmentorder',
            index=models.Index(fields=['order'], name='work_order'),
        ),
        migrations.AddIndex(
            model_name='fulfilmentorder',
            index=models.Index(fields=['released_at'], name='work_released'),
        ),
        migrations.AddIndex(
            model_name='fulfilmentorder',
            index=models.Index(fields=['picking_at'], name='work_picking'),
        ),
        migrations.AddIndex(
            model_name='fulfilmentorder',
            index=models.Index(fields=['picked_at'], name='work_picked'),
        ),
        migrations.AddIndex(
            model_name='fulfilmentorder',
            index=models.Index(fields=['packed_at'], name='work_packed'),
        ),
        migrations.AddIndex(
            model_name='fulfilmentorder',
            index=models.Index(fields=['dispatched_at'], name='work_dispatched'),
        ),
        migrations.AddIndex(
            model_name='fulfilmentorder',
            index=models.Index(condition=models.Q(('status__in', ['picking', 'picked', 'packing', 'packed'])), fields=['order'], name='work_on_floor'),
        ),
        migrations.AddConstraint(
            model_name='fulfilmentorder',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'dispatched'), _negated=True), ('dispatched_at__isnull', False), _connector='OR'), name='work_dispatched_pair'),
        ),
    ]
